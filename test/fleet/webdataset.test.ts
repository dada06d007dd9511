import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { convertDataset, VascuDataset } from '../../src/index.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { makeCases } from './result-set.ts';

/** Reads tars by Python's tarfile: names, sizes, offsets, times and owners, and what the members hold, by their types. */
const READ = `
import io, json, struct, sys, tarfile
found = []
for path in sys.argv[1:]:
    with tarfile.open(path) as tar:
        for member in tar:
            data = tar.extractfile(member).read()
            entry = {'name': member.name, 'size': member.size, 'offset': member.offset_data,
                     'fixed': [member.mtime, member.uid, member.gid, member.uname, member.gname, member.mode]}
            if member.name.endswith('.json'):
                entry['json'] = json.loads(data)
            else:
                length, = struct.unpack('<Q', data[:8])
                header = json.loads(data[8:8 + length])
                begin, end = header['node.pressure']['data_offsets']
                entry['pressure'] = struct.unpack('<%df' % ((end - begin) // 4), data[8 + length:][begin:end])
                entry['aligned'] = (member.offset_data + 8 + length) % 8
            found.append(entry)
print(json.dumps(found))
`;

interface Member {
  readonly name: string;
  readonly size: number;
  readonly offset: number;
  readonly fixed: readonly unknown[];
  readonly json?: object;
  readonly pressure?: readonly number[];
  readonly aligned?: number;
}

function readTars(paths: readonly string[]): Member[] {
  const { stdout, stderr } = spawnSync('python3', ['-c', READ, ...paths], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Member[];
}

async function pack(
  source: string,
  options: { readonly shardSize?: number; readonly shuffle?: boolean; readonly seed?: number } = {},
  samples?: string,
): Promise<{ readonly directory: string; readonly tars: readonly string[] }> {
  const directory = await makeFolder();
  await using dataset = await VascuDataset.open({ sourceUrl: source, samples });
  const report = await convertDataset(dataset, directory, { to: 'webdataset', jobs: 1, ...options });
  expect(report.failed).toEqual([]);
  const lines = (await readFile(join(directory, 'vascusim-manifest.jsonl'), 'utf8')).trimEnd().split('\n');
  const paths = lines.map((line) => (JSON.parse(line) as { files: { path: string }[] }).files[0]?.path ?? '');
  return { directory, tars: [...new Set(paths)].sort() };
}

describe('tars', () => {
  test('are read by Python: members of a sample are neighbours, with their values, times and owners fixed', async () => {
    const source = await makeCases(5);
    const { directory, tars } = await pack(source, { shardSize: 3000 });
    expect(tars.length).toBeGreaterThan(1);
    expect(tars[0]).toBe('data-000000.tar');
    const members = readTars(tars.map((name) => join(directory, name)));
    expect(members.map(({ name }) => name)).toEqual(
      [0, 1, 2, 3, 4].flatMap((at) => [
        `case_${at}/m=0%2E00${at}.safetensors`,
        `case_${at}/m=0%2E00${at}.json`,
      ]),
    );
    expect(new Set(members.map(({ fixed }) => JSON.stringify(fixed)))).toEqual(
      new Set([JSON.stringify([0, 0, 0, '', '', 0o644])]),
    );
    expect(members[6]?.pressure?.every((value) => value === 3)).toBe(true);
    expect(members[6]?.aligned).toBe(0);
    expect(members[7]?.json).toEqual({ flow: 3, name: 'n3' });
  });

  test('have in the manifest where each member lies', async () => {
    const { directory, tars } = await pack(await makeCases(4));
    const [line = ''] = (await readFile(join(directory, 'vascusim-manifest.jsonl'), 'utf8'))
      .split('\n')
      .slice(2);
    const { files } = JSON.parse(line) as { files: { member: string; offset: number; size: number }[] };
    const members = readTars([join(directory, tars[0] ?? '')]);
    expect(files.map(({ member, offset, size }) => ({ name: member, offset, size }))).toEqual(
      members.slice(4, 6).map(({ name, offset, size }) => ({ name, offset, size })),
    );
  });

  test('are a folder to our own reader, which knows their metadata', async () => {
    const source = await makeCases(3);
    const { directory } = await pack(source);
    await using dataset = await VascuDataset.open({ sourceUrl: directory, archives: true });
    await using from = await VascuDataset.open({ sourceUrl: source });
    expect(dataset.samples.map(({ metadata }) => metadata)).toEqual(
      from.samples.map(({ metadata }) => metadata),
    );
    expect((await dataset.get(1)).node).toEqual((await from.get(1)).node);
  });

  test('are left as they are by a second run, however large the graphs came out', async () => {
    const source = await makeCases(12);
    const { directory, tars } = await pack(source, { shardSize: 9000 });
    const times = await Promise.all(tars.map((name) => stat(join(directory, name))));
    // About as large as was asked for.
    const mean = times.reduce((sum, { size }) => sum + size, 0) / times.length;
    expect(mean / 9000).toBeGreaterThan(0.5);
    expect(mean / 9000).toBeLessThan(2);
    await using dataset = await VascuDataset.open({ sourceUrl: source });
    const options = { to: 'webdataset', shardSize: 9000 } as const;
    expect(await convertDataset(dataset, directory, options)).toMatchObject({ converted: 0, skipped: 12 });
  });

  test('have samples in an order that follows from the seed', async () => {
    const source = await makeCases(9);
    const namesOf = async (seed: number): Promise<string[]> => {
      const { directory, tars } = await pack(source, { shuffle: true, seed });
      return readTars(tars.map((name) => join(directory, name)))
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.json'));
    };
    const first = await namesOf(1);
    expect(await namesOf(1)).toEqual(first);
    const second = await namesOf(2);
    expect(second).not.toEqual(first);
    expect(second.toSorted()).toEqual(first.toSorted());
    expect(first).not.toEqual(first.toSorted());
  });

  test('hold names that are long, or no ASCII', async () => {
    const long = `${'folder/'.repeat(20)}${'n'.repeat(99)}`;
    const files = {
      'größe/ä.vtu': smallVtu(),
      [`${long}.vtu`]: smallVtu(),
      [`x/${'y'.repeat(120)}.vtu`]: smallVtu(),
    };
    const { directory, tars } = await pack(await makeFolder(files));
    const names = readTars([join(directory, tars[0] ?? '')]).map(({ name }) => name);
    expect(names).toContain('größe/ä.safetensors');
    expect(names).toContain(`${long}.safetensors`);
    expect(names).toContain(`x/${'y'.repeat(120)}.json`);
  });

  test('are made again where one was cut, and only that one', async () => {
    const source = await makeCases(6);
    const { directory, tars } = await pack(source, { shardSize: 3000 });
    const [first = '', second = ''] = tars.map((name) => join(directory, name));
    const before = (await stat(first)).mtimeMs;
    const bytes = await readFile(second);
    await writeFile(second, bytes.subarray(0, -512));
    await using dataset = await VascuDataset.open({ sourceUrl: source });
    const report = await convertDataset(dataset, directory, { to: 'webdataset', shardSize: 3000 });
    expect(report.skipped).toBe(6 - report.converted);
    expect(report.converted).toBeGreaterThan(0);
    expect(await readFile(second)).toEqual(bytes);
    expect((await stat(first)).mtimeMs).toBe(before);
  });

  test('leave a sample out that cannot be read, and are made again for it', async () => {
    const source = await makeFolder({ 'a.vtu': smallVtu(), 'b.vtu': 'none', 'c.vtu': smallVtu() });
    const directory = await makeFolder();
    const convert = async () => {
      await using dataset = await VascuDataset.open({ sourceUrl: source });
      return await convertDataset(dataset, directory, { to: 'webdataset' });
    };
    expect(await convert()).toMatchObject({ converted: 2, failed: [{ id: 'b', code: 'FORMAT' }] });
    await writeFile(join(source, 'b.vtu'), smallVtu());
    expect(await convert()).toMatchObject({ converted: 3, failed: [] });
    expect(readTars([join(directory, 'data-000000.tar')])).toHaveLength(6);
  });

  test('that were written anew with fewer samples are not said to hold the others', async () => {
    const source = await makeCases(6);
    const { directory } = await pack(source);
    await using dataset = await VascuDataset.open({ sourceUrl: source });
    await convertDataset(dataset.subset([1, 4]), directory, { to: 'webdataset' });
    const manifest = await readFile(join(directory, 'vascusim-manifest.jsonl'), 'utf8');
    expect(manifest.trimEnd().split('\n')).toHaveLength(2);
    expect(readTars([join(directory, 'data-000000.tar')])).toHaveLength(4);
    expect(await convertDataset(dataset, directory, { to: 'webdataset' })).toMatchObject({ converted: 6 });
    expect(await convertDataset(dataset, directory, { to: 'webdataset' })).toMatchObject({ skipped: 6 });
  });

  test('refuse two samples of one key', async () => {
    const source = await makeFolder({ 'a.b.vtu': smallVtu(), 'a%2Eb.vtu': smallVtu() });
    expect(await failureOf(pack(source))).toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('"a%2Eb"'),
    });
  });
});
