import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { expandHome } from '../../src/cli/options/own-path.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { linesOf, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A home with data in it, and a working folder elsewhere in which no "~" may be made. */
async function stage() {
  const cwd = await makeFolder();
  const cli = await makeCli({ cwd, env: { VASCUSIM_CACHE_DIR: undefined } });
  await mkdir(join(cli.home, 'data'));
  await writeFile(join(cli.home, 'data/a.vtu'), smallVtu());
  await writeFile(join(cli.home, 'data/a.json'), '{"age": 1}');
  return { ...cli, cwd };
}

describe('"~" that no shell has replaced', () => {
  test.each<[string, readonly string[], string | undefined, Readonly<Record<string, string>>]>([
    ['the source', ['ls', '~/data', '-q'], undefined, {}],
    ['VASCUSIM_SOURCE', ['ls', '-q'], undefined, { VASCUSIM_SOURCE: '~/data' }],
    ['a file', ['info', '~/data/a.vtu', '-q'], undefined, {}],
    ['--to', ['get', '~/data', '--to=~/copy'], 'copy/a.vtu', {}],
    ['-o', ['render', '~/data/a.vtu', '-o', '~/new/a.png', '--size', '40x40'], 'new/a.png', {}],
    ['the output of convert', ['convert', '~/data/a.vtu', '~/new/a.vtp'], 'new/a.vtp', {}],
    ['--report', ['bench', '~/data', '-n', '1', '-w', '0', '--report=~/new/b.html'], 'new/b.html', {}],
    ['demo --to', ['demo', '--to=~/demo'], 'demo/patient_01.vtu', {}],
    ['--cache-dir', ['cache', 'ls', '--cache-dir=~/kept'], 'kept/CACHEDIR.TAG', {}],
    ['VASCUSIM_CACHE_DIR', ['cache', 'ls'], 'kept/CACHEDIR.TAG', { VASCUSIM_CACHE_DIR: '~/kept' }],
    ['VASCUSIM_CONFIG', ['ls', '-q'], undefined, { VASCUSIM_CONFIG: '~/mine.json' }],
  ])('is the home folder in %s', async (_, args, made, env) => {
    const { run, home, cwd } = await stage();
    await writeFile(join(home, 'mine.json'), '{"source": "~/data"}');
    const { status, stderr } = await run(args, { env });
    expect([status, stderr]).toEqual([0, expect.not.stringMatching(/error/)]);
    if (made !== undefined)
      expect(await readdir(join(home, dirname(made)))).toContain(made.split('/').at(-1));
    expect(await readdir(cwd)).toEqual([]);
  });

  test.each([
    ['cacheDir', { cacheDir: '~/kept' }],
    ['source', { source: '~/data' }],
  ])('is the home folder in the setting %s', async (_, settings) => {
    const { run, home, cwd } = await stage();
    await writeFile(join(cwd, 'vascusim.json'), JSON.stringify({ source: join(home, 'data'), ...settings }));
    expect(await run(['ls', '-q'])).toEqual({ status: 0, stdout: 'a\n', stderr: '' });
    expect(await run(['doctor', '-q'])).toMatchObject({ status: 0 });
    expect(await readdir(cwd)).toEqual(['vascusim.json']);
    if ('cacheDir' in settings) expect(await readdir(home)).toContain('kept');
  });

  test("of another user is refused, and of a file's own name not", async () => {
    const { run, cwd } = await stage();
    const found = await run(['get', '~/data', '--to=~nobody-here/x']);
    expect([found.status, found.stderr]).toEqual([
      2,
      expect.stringMatching(/--to begins with "~nobody-here"/),
    ]);
    expect(await readdir(cwd)).toEqual([]);
    expect(expandHome('~backup.png', '-o')).toBe('~backup.png');
    expect(expandHome('a/~/b', '-o')).toBe('a/~/b');
  });
});

describe('a sample of a folder by its id', () => {
  const FILES = {
    'cases/a.vtu': smallVtu(),
    'cases/UPPER.VTU': smallVtu(),
    'cases/deep/b.c.vtu': smallVtu(),
    'two.vtu': smallVtu(),
    'two.vtp': smallVtu(),
  };

  test.each([
    ['cases/a', 'cases/a.vtu'],
    ['cases/a.vtu', 'cases/a.vtu'],
    ['cases/UPPER', 'cases/UPPER.VTU'],
    ['cases/deep/b.c', 'cases/deep/b.c.vtu'],
    ['two.vtu', 'two.vtu'],
  ])('%s is found by info, render and convert', async (id, path) => {
    const { run, home } = await makeCli();
    const folder = await makeFolder(FILES);
    const [info, render, convert] = await Promise.all([
      run(['info', folder, id, '--json']),
      run(['render', folder, id, '-o', join(home, 'a.png'), '--size', '40x40', '--json']),
      run(['convert', folder, id, join(home, 'a.vtp'), '--json']),
    ]);
    expect((JSON.parse(info.stdout) as { path: string }).path).toBe(path);
    expect((JSON.parse(render.stdout) as { file: string }).file).toBe(path);
    expect((JSON.parse(convert.stdout) as { input: string }).input).toBe(path);
  });

  test('may be written behind the folder, below --source-dir, and of several files', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const paths = async (...args: string[]): Promise<string[]> =>
      linesOf((await run(['info', '--json', ...args])).stdout).map(
        (line) => (JSON.parse(line) as { path: string }).path,
      );
    expect(await paths(`${folder}/cases/a`)).toEqual(['a.vtu']);
    expect(await paths(folder, '--source-dir', 'cases', 'a', 'UPPER')).toEqual([
      'cases/a.vtu',
      'cases/UPPER.VTU',
    ]);
  });

  test('that is misspelt is told the one that is near, and one of two files both', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const [near, both] = await Promise.all([run(['info', folder, 'case/a']), run(['info', folder, 'two'])]);
    expect([near.status, near.stderr]).toEqual([3, expect.stringMatching(/did you mean "cases\/a"\?/)]);
    expect([both.status, both.stderr]).toEqual([3, expect.stringMatching(/two may be two\.vtp or two\.vtu/)]);
  });
});

describe('ls --columns', () => {
  const FILES = {
    'a.vtu': smallVtu(),
    'a.json': JSON.stringify({
      'bc.inlet': 'own',
      bc: { inlet: 'nested', outlet: 3 },
      deep: { 'x.y': { z: true } },
    }),
    'b.vtu': smallVtu(),
    'b.json': JSON.stringify({ bc: { inlet: 'nested', list: [7, 8] } }),
  };

  test.each([
    ['bc.inlet', ['own', 'nested']],
    ['bc.outlet', ['3', '–']],
    ['bc.list.1', ['–', '8']],
    ['deep.x.y.z', ['yes', '–']],
    ['bc', ['{"inlet":"nested","outlet":3}', '{"inlet":"nested","list":[7,8]}']],
  ])('%s shows what lies there, a key of that name first', async (name, cells) => {
    const { run } = await makeCli();
    const { stdout, stderr } = await run(['ls', await makeFolder(FILES), '-c', name]);
    const [, ...rows] = linesOf(stdout);
    expect(rows.map((row) => row.split(/ {2,}/)[1])).toEqual(cells);
    expect(stderr).not.toMatch(/warning/);
  });

  test.each([
    ['bc.inlte', /"bc\.inlte": did you mean "bc\.inlet"\?/],
    ['constructor.name', /no sample has the metadata "constructor\.name"/],
    ['bc.inlet.length', /no sample has the metadata "bc\.inlet\.length"/],
  ])('%s, which no sample has, is warned of', async (name, words) => {
    const { run } = await makeCli();
    const { stderr } = await run(['ls', await makeFolder(FILES), '-c', name]);
    expect(stderr).toMatch(words);
  });
});
