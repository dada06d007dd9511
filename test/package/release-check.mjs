import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * Packs the package as it would be published, installs it in an empty project, and runs what its users run first: the
 * command, and a program that imports each door.
 *
 *   npm run release:check
 */
const DOORS = ['data', 'io', 'loader', 'mesh', 'testing'];
const folder = mkdtempSync(join(tmpdir(), 'vascusim-release-'));
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
try {
  run('npm', ['pack', '--silent', '--pack-destination', folder], process.cwd());
  const [packed] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${packed}`]);
  const imports = DOORS.map((door) => `import * as ${door} from 'vascusim/${door}';`).join('\n');
  const program = `${imports}
import { VascuDataset } from 'vascusim';
await using dataset = await VascuDataset.open({ sourceUrl: 'demo' });
const { numNodes, numEdges } = await dataset.get(0);
if (!(numNodes > 0 && numEdges > 0)) throw new Error('the first sample is empty');
console.log('doors:', [${DOORS.join(', ')}].length, 'first sample:', numNodes, 'nodes');
`;
  writeFileSync(join(folder, 'first.mjs'), program);
  const command = join(folder, 'node_modules/.bin/vascusim');
  console.log('vascusim', run(process.execPath, [command, '--version']).trim());
  run(process.execPath, [command, 'demo', '--to', 'demo', '--quiet']);
  console.log(run(process.execPath, ['first.mjs']).trim());
  const view = spawn(process.execPath, [command, 'view', 'demo', '--no-open'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(view.stdout, 'data');
  const page = await fetch(new URL('/', String(line).trim()));
  const [script] = /assets\/[^"]+\.js/.exec(await page.text()) ?? [];
  const { status } = await fetch(new URL(`/${script}`, String(line).trim()));
  view.kill('SIGINT');
  if (page.status !== 200 || status !== 200) throw new Error(`the page of view is not served: ${status}`);
  console.log('page of view:', script);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
