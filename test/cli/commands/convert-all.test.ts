import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { caseFiles, readResults } from '../../fleet/result-set.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { type CliRun, makeCli } from '../run-cli.ts';

let run: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<CliRun>;

beforeAll(() => {
  run = async (args, env) => (await makeCli()).run(args, { env });
});

describe('convert --to', () => {
  test('converts, says what it did, and the next time that all is done', async () => {
    const [source, directory] = [await makeFolder(caseFiles(3)), join(await makeFolder(), 'new/out')];
    const dry = await run(['convert', source, directory, '--to', 'vtu', '-a', 'pressure', '--dry-run']);
    expect(dry.stdout.split('\n')).toEqual(['case_0/m=0.000', 'case_1/m=0.001', 'case_2/m=0.002', '']);
    const first = await run(['convert', source, directory, '--to', 'vtu', '-a', 'pressure']);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toBe(`${directory}: 3 samples, converted 3, done before 0\n`);
    const again = await run(['convert', source, directory, '--to', 'vtu', '-a', 'pressure', '--json']);
    expect(JSON.parse(again.stdout)).toEqual({
      samples: 3,
      converted: 0,
      skipped: 3,
      failed: [],
      bytesFetched: 0,
    });
    const { stdout } = await run(['ls', directory, '--where', 'flow > 1', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      samples: [{ id: 'case_2/m=0.002', metadata: { name: 'n2' } }],
    });
  });

  test('ends with 1 where a sample fails, and names it', async () => {
    const source = await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': 'nothing' });
    const args = ['convert', source, await makeFolder(), '--to', 'safetensors'];
    const { status, stderr } = await run(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/failed b: b\.vtu.*\nThe same command tries these again/s);
    const json = await run([...args, '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ failed: [{ id: 'b', code: 'FORMAT' }] });
  });

  test('takes the first samples that are chosen, and then a share', async () => {
    const source = await makeFolder(caseFiles(8));
    const args = ['convert', source, await makeFolder(), '--to', 'vtu', '--dry-run'];
    const chosen = await run([...args, '--where', 'flow > 1', '--exclude', '**/m=0.007.vtu', '-n', '4']);
    const ids = chosen.stdout.trim().split('\n');
    expect(ids).toHaveLength(4);
    const shares = await Promise.all(
      ['0/2', '1/2'].map((share) =>
        run([...args, '--where', 'flow > 1', '--exclude', '**/m=0.007.vtu', '-n', '4', '--shard', share]),
      ),
    );
    expect(shares.flatMap(({ stdout }) => stdout.trim().split('\n')).toSorted()).toEqual(ids.toSorted());
  });

  test('names what has vanished, and prunes it', async () => {
    const source = await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu() });
    const directory = await makeFolder();
    const args = ['convert', source, directory, '--to', 'vtu'];
    await run(args);
    const { stderr, status } = await run([...args, '--exclude', 'b.vtu']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/1 result of samples .* \(--prune removes them\):\n {2}gone b\n/);
    await run([...args, '--exclude', 'b.vtu', '--prune']);
    expect(Object.keys(await readResults(directory))).toEqual([
      'a.vtu',
      'metadata.jsonl',
      'vascusim-manifest.jsonl',
    ]);
  });

  test('refuses with 2 what makes no sense, and says what to write instead', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['--to', 'vtu', '--shard', '3/3'], /count from 0.*2\/3/],
      [['--to', 'vtu', '--shard', 'auto'], /No environment variable.*0\/8/],
      [['--shard', '0/2'], /--shard is for whole data sets: give --to/],
      [['--to', 'vtu', '--graph-of', 'cells'], /--graph-of|graphOf/],
    ];
    const source = await makeFolder({ 'a.vtu': smallVtu() });
    const directory = await makeFolder();
    await Promise.all(
      cases.map(async ([options, message]) => {
        const { status, stderr } = await run(['convert', source, directory, ...options]);
        expect(status).toBe(2);
        expect(stderr).toMatch(message);
      }),
    );
  });
});

describe('--shard', () => {
  const array = { PBS_ARRAY_INDEX: '3' };

  test('left out in a task of an array is said, by each command that does the whole', async () => {
    const source = await makeFolder({ 'a.vtu': smallVtu() });
    const runs = await Promise.all([
      run(['convert', source, await makeFolder(), '--to', 'vtu'], array),
      run(['get', source, '--dry-run'], array),
      run(['measure', source], array),
      run(['stream', source, '--json'], array),
    ]);
    for (const { status, stderr } of runs) {
      expect(status).toBe(0);
      expect(stderr).toMatch(/warning: This is a task of an array \(PBS_ARRAY_INDEX\).*--shard auto/);
    }
    const one = await run(['convert', join(source, 'a.vtu'), join(await makeFolder(), 'b.vtu')], array);
    expect(one.stderr).toBe('');
  });

  test('shares the samples of get, measure and stream', async () => {
    const source = await makeFolder(caseFiles(4));
    const target = await makeFolder();
    await Promise.all(['0/2', '1/2'].map((share) => run(['get', source, '--to', target, '--shard', share])));
    expect(Object.keys(await readResults(target))).toHaveLength(8);
    const listed = await run(['ls', source, '--json', '--shard', '1/2']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ total: 4, matching: 2, filtered: true });
    const streamed = await Promise.all(
      ['0/2', '1/2'].map(async (share): Promise<readonly string[]> => {
        const { stdout } = await run(['stream', source, '--json', '-b', '1', '--shard', share]);
        return stdout.match(/case_\d\/m=0\.\d{3}(?=")/g) ?? [];
      }),
    );
    const [one = [], other = []] = streamed.map((ids) => new Set(ids)).map((ids) => [...ids]);
    expect([...one, ...other].toSorted()).toEqual(
      Object.keys(caseFiles(4))
        .map((path) => path.replace(/\.\w+$/, ''))
        .filter((_, at) => at % 2 === 0)
        .toSorted(),
    );
  });

  test('statistics of shares are merged', async () => {
    const source = await makeFolder(caseFiles(5));
    const home = await makeFolder();
    const parts = [0, 1].map((index) => join(home, `part-${index}.json`));
    await Promise.all(
      parts.map((part, index) => run(['measure', source, '--shard', `${index}/2`, '-o', part, '-q'])),
    );
    const merged = join(home, 'all.json');
    expect((await run(['measure', '--merge', ...parts, '-o', merged])).status).toBe(0);
    const whole = JSON.parse((await run(['measure', source, '--json'])).stdout) as object;
    expect(JSON.parse(await readFile(merged, 'utf8'))).toMatchObject({
      samples: 5,
      nodes: (whole as { nodes: number }).nodes,
    });
    await writeFile(parts[0] ?? '', '{}');
    const wrong = await run(['measure', '--merge', ...parts]);
    expect(wrong.status).toBe(2);
  });
});
