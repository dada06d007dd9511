import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { describeWithPython } from './python-process.ts';

const execute = promisify(execFile);
const PYTHON = process.env['VASCUSIM_PYTHON'] ?? '/usr/bin/python3';
const TIMEOUT_MS = 300_000;

describeWithPython('the wheel', () => {
  test(
    'carries the engine, with licences, and runs without a checkout or a network',
    async () => {
      const folder = await makeFolder({ 'cases/a.vtu': smallVtu({ points: 4 }) });
      // Nothing of this machine but Node.js; whoever asks a proxy that is not there fails.
      const env = {
        PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
        HOME: folder,
        VASCUSIM_CACHE_DIR: join(folder, 'cache'),
        https_proxy: 'http://127.0.0.1:9',
        http_proxy: 'http://127.0.0.1:9',
      };
      await execute(process.execPath, [resolve('python/build-wheel.ts'), folder], { env });
      const [wheel = ''] = globSync('*.whl', { cwd: folder });
      expect(wheel).toBe(`vascusim-${manifest.version}-py3-none-any.whl`);
      await execute(PYTHON, ['-m', 'venv', '--system-site-packages', join(folder, 'venv')], { env });
      const bin = join(folder, 'venv/bin');
      const pip = ['-m', 'pip', 'install', '--quiet', '--no-index', '--no-deps', join(folder, wheel)];
      await execute(join(bin, 'python'), pip, { env });
      const { stdout: version } = await execute(join(bin, 'vascusim'), ['--version'], { env, cwd: folder });
      expect(version.trim()).toBe(manifest.version);
      const program =
        "import vascusim; print(vascusim.VascuDataset('cases')[0].num_nodes, vascusim.__file__)";
      const { stdout } = await execute(join(bin, 'python'), ['-c', program], { env, cwd: folder });
      expect(stdout).toMatch(/^4 .*venv/);
      const { stdout: info } = await execute(join(bin, 'python'), ['-m', 'vascusim'], { env, cwd: folder });
      expect(info).toContain('_engine');
      const [packed = ''] = globSync('venv/lib/*/site-packages/vascusim', { cwd: folder });
      const inside = globSync('_engine/**/{LICENSE,license}*', { cwd: join(folder, packed) });
      for (const owner of ['_engine/', 'commander/', 'string-width/', 'strip-ansi/'])
        expect(
          inside.some((path) => dirname(path).endsWith(owner.slice(0, -1))),
          owner,
        ).toBe(true);
    },
    TIMEOUT_MS,
  );
});

test('the Python package and the engine have one version', () => {
  const text = readFileSync('python/src/vascusim/_version.py', 'utf8');
  expect(text).toContain(`__version__ = '${manifest.version}'`);
});
