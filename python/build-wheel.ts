import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/*
 * Makes the wheel of the Python package, which carries the built engine with its licences. It downloads nothing: `build` and
 * setuptools must be there (Debian: python3-build, python3-setuptools, python3-wheel).
 *
 *   npm run python            python/dist/vascusim-…-py3-none-any.whl
 *   node python/build-wheel.ts FOLDER
 */

const root = resolve(import.meta.dirname, '..');
const PYTHON = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const [target = join(root, 'python/dist')] = process.argv.slice(2);

/** What the compiler makes and no engine reads. */
const WITHOUT = ['declaration', 'declarationMap', 'sourceMap', 'isolatedDeclarations'];

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** A package and what it needs, by their names. */
function packagesOf(names: Iterable<string>, found: Set<string> = new Set()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    packagesOf(Object.keys(manifestOf(join(root, 'node_modules', name)).dependencies ?? {}), found);
  }
  return found;
}

/** Copies the files of a folder that an engine runs, and the licences. */
function copyPrograms(from: string, to: string, pattern: string): void {
  for (const path of globSync([pattern, 'package.json', 'LICENSE*', 'license*'], { cwd: from })) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(join(from, path), join(to, path));
  }
}

const own = manifestOf(root);
const staging = join(root, 'python/build/wheel');
const engine = join(staging, 'src/vascusim/_engine');
rmSync(staging, { recursive: true, force: true });
for (const name of ['pyproject.toml', 'README.md', 'src'])
  cpSync(join(root, 'python', name), join(staging, name), {
    recursive: true,
    filter: (path) => !path.includes('__pycache__') && !path.endsWith('.egg-info'),
  });
cpSync(join(root, 'LICENSE'), join(staging, 'LICENSE'));
execFileSync(
  process.execPath,
  [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(engine, 'dist'),
    ...WITHOUT.flatMap((option) => [`--${option}`, 'false']),
  ],
  { stdio: 'inherit' },
);
copyPrograms(root, engine, 'bin/*.mjs');
for (const name of packagesOf(Object.keys(own.dependencies ?? {})))
  copyPrograms(join(root, 'node_modules', name), join(engine, 'node_modules', name), '**/*.{js,mjs,cjs}');
// Of the manifest of a checkout only what an engine reads.
const { name, version, type, license, engines } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
) as Record<string, unknown>;
writeFileSync(
  join(engine, 'package.json'),
  `${JSON.stringify({ name, version, type, license, engines }, null, 2)}\n`,
);
writeFileSync(join(staging, 'src/vascusim/_version.py'), versionModule(own.version));
execFileSync(PYTHON, ['-m', 'build', '--wheel', '--no-isolation', '--outdir', target, staging], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
rmSync(staging, { recursive: true, force: true });
process.stdout.write(`${globSync('*.whl', { cwd: target }).join('\n')}\n`);

function versionModule(of: string): string {
  return `"""Version of the package, that of the engine it carries."""\n\n__version__ = '${of}'\n`;
}
