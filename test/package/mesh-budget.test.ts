import { execFile } from 'node:child_process';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';

const execute = promisify(execFile);

/** Modules that `vascusim/mesh` loads when it is imported. */
const MAX_MODULES = 97;
/** Bytes, minified and after gzip, of a program with these names of the door, but for what few meshes need. */
const BUDGETS: readonly (readonly [names: string, bytes: number])[] = [
  ['readMesh', 36_000],
  ['meshToGraph, meshToGraphAsync', 8_000],
  ['renderMesh, renderMeshAsync', 20_300],
  ['*', 75_700],
];
/** The same of all that the door has, what is loaded later with it. */
const MAX_ALL_BYTES = 104_800;

/** Modules that are loaded when a mesh, or what is done with it, first needs them. */
const LATER = [
  'formats/vtk-legacy/legacy-file',
  'formats/arrays/ascii-array',
  'formats/vtk-xml/base64-stream',
  'formats/vtk-xml/inline-extent',
  'formats/vtk-xml/string-array',
  'formats/vtk-xml/polyhedra',
  'formats/vtk-xml/join-pieces',
  'formats/vtk-xml/read-collection',
  'formats/kernels/lz4',
  'formats/kernels/xz',
  'graph/cell-graph',
  'render/cut-shape',
  'render/more-letters',
];

/** Rooms that no file by itself needs. */
const FOREIGN = /^src\/(?:streamers|partial|download|cache|sources|protocols|dataset|loader)\//;

/** Tells of each module that is loaded, on standard error. */
const TELL = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => (writeSync(2, url + '\\n'), next(url, context)) });`)}`;

/** Paths of files that a program loads, from `from` on. */
async function loadedBy(program: string, from: string): Promise<string[]> {
  const { stderr } = await execute(process.execPath, [
    '--import',
    TELL,
    '--input-type=module',
    '-e',
    program,
  ]);
  const base = pathToFileURL(`${resolve(from)}/`).href;
  return [...new Set(stderr.split('\n').filter((url) => url.startsWith(base)))].map((url) =>
    relative(pathToFileURL(resolve('.')).pathname, new URL(url).pathname),
  );
}

/** Bundles names of the door into one file, without the modules that `isLater` tells. */
async function bundle(names: string, isLater: (path: string) => boolean): Promise<string> {
  const door = JSON.stringify(resolve('src/mesh.browser.ts'));
  const code = names === '*' ? `export * from ${door};` : `export { ${names} } from ${door};`;
  const folder = await makeFolder({ 'page.ts': code });
  await using build = await rolldown({
    input: join(folder, 'page.ts'),
    platform: 'browser',
    logLevel: 'silent',
    external: isLater,
  });
  const { output } = await build.generate({ format: 'esm', minify: true, codeSplitting: false });
  expect(output).toHaveLength(1);
  return output[0].code;
}

const isLater = (path: string): boolean =>
  LATER.some((name) => path.endsWith(`/${name.split('/').at(-1)}.ts`));

describe('vascusim/mesh', () => {
  test('loads few modules, and none of what brings files from elsewhere', async () => {
    const modules = await loadedBy(
      `await import(${JSON.stringify(pathToFileURL(resolve('src/mesh.ts')))})`,
      'src',
    );
    expect(modules).toContain('src/mesh.ts');
    expect(modules.filter((path) => FOREIGN.test(path))).toEqual([]);
    expect(modules.length).toBeLessThanOrEqual(MAX_MODULES);
  });

  test.each(BUDGETS)('%s takes at most %i bytes in a page', async (names, bytes) => {
    const code = await bundle(names, isLater);
    expect(gzipSync(code).length).toBeLessThanOrEqual(bytes);
    // Nothing of it is in the bundle by another way, nor anything of Node.js.
    const imports = [...code.matchAll(/(?:from|import)\s*\(?\s*["`']([^"`']+)["`']/g)].map(
      ([, name = '']) => name,
    );
    expect(imports.filter((name) => !isLater(name))).toEqual([]);
  });

  test('takes not much more with all that is loaded later', async () => {
    expect(gzipSync(await bundle('*', () => false)).length).toBeLessThanOrEqual(MAX_ALL_BYTES);
  });

  test('has a page load none of that for meshes of raw and zlib arrays', async () => {
    const run = `import { readFileSync } from 'node:fs';
const { readMesh, meshToGraphAsync, renderMeshAsync } = await import(${JSON.stringify(pathToFileURL(resolve('src/mesh.browser.ts')))});
for (const name of ['raw.vtu', 'raw.vtp', 'raw-zlib.vtu', 'raw-zlib.vtp']) {
  const mesh = await readMesh(new Uint8Array(readFileSync('test/fixtures/' + name)), { attributes: [] });
  await meshToGraphAsync(mesh);
  await renderMeshAsync(mesh);
}`;
    const loaded = await loadedBy(run, 'src');
    expect(loaded).toContain('src/formats/vtk-xml/vtk-xml-file.ts');
    // The files have strings and polyhedra.
    const others = loaded.filter((path) => isLater(`/${path}`) && !/string-array|polyhedra/.test(path));
    expect(others).toEqual([]);
  });
});
