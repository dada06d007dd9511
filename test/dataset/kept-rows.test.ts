import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Metadata } from '../../src/core/graph.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { compileFilter } from '../../src/metadata/filter-expression.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';

const SAMPLES = 1000;
const TABLE = 'metadata.jsonl';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Source of many samples and a table that says the `age` of each. */
function sourceOf(age: (index: number) => number, version: string, samples = SAMPLES): MemorySource {
  const source = new MemorySource();
  const lines = Array.from({ length: SAMPLES }, (_, index) => {
    source.put(pathOf(index), bytes('mesh'));
    return `${JSON.stringify({ file_name: pathOf(index), age: age(index), tags: [{ index }] })}\n`;
  });
  for (let index = SAMPLES; index < samples; index++) source.put(`0/${index}.vtu`, bytes('mesh'));
  source.put(TABLE, bytes(lines.reverse().join('')), version);
  return source;
}

function pathOf(index: number): string {
  return `cases/${String(index).padStart(4, '0')}.vtu`;
}

async function read(source: MemorySource, cacheDir: string, filterFn?: (metadata: Metadata) => boolean) {
  await using dataset = await VascuDataset.open({ source, cacheDir, filterFn });
  return dataset.samples.map(({ path, metadata }) => [path, metadata] as const);
}

/** Finds the files of a cache that are kept rows, or the table itself. */
function objects(cacheDir: string): { readonly kept: string[]; readonly tables: string[] } {
  const all = readdirSync(join(cacheDir, 'objects'), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
  const begins = (sign: string) => (path: string) => readFileSync(path).subarray(0, 100).includes(sign);
  return { kept: all.filter(begins('vascusim columns')), tables: all.filter(begins('"file_name"')) };
}

async function makeCache(): Promise<string> {
  return join(await makeFolder(), 'cache');
}

describe('kept rows of a table', () => {
  test('serve without the table, to filters of any kind', async () => {
    const cacheDir = await makeCache();
    const source = sourceOf((index) => index / 8, '1');
    const first = await read(source, cacheDir);
    for (const path of objects(cacheDir).tables) rmSync(path);
    source.onOpen = ({ path }) => {
      throw new Error(`${path} was read`);
    };
    expect(await read(source, cacheDir)).toEqual(first);
    const wanted = first.filter(([, { age }]) => Number(age) > 100);
    expect(wanted.length).toBeGreaterThan(10);
    expect(await read(source, cacheDir, ({ age }) => Number(age) > 100)).toEqual(wanted);
    expect(await read(source, cacheDir, compileFilter('age > 100'))).toEqual(wanted);
  });

  test('are those of the version of the table, and of these samples', async () => {
    const cacheDir = await makeCache();
    await read(
      sourceOf(() => 1, '1'),
      cacheDir,
    );
    const changed = await read(
      sourceOf(() => 2, '2'),
      cacheDir,
    );
    expect(changed.every(([, { age }]) => age === 2)).toBe(true);
    const more = await read(
      sourceOf(() => 2, '2', SAMPLES + 1),
      cacheDir,
    );
    expect(more[0]).toEqual([`0/${SAMPLES}.vtu`, {}]);
    expect(more[1]).toEqual([pathOf(0), { age: 2, tags: [{ index: 0 }] }]);
    expect(objects(cacheDir).kept).toHaveLength(1);
  });

  test('that are damaged are thrown away, wherever the damage is', async () => {
    const cacheDir = await makeCache();
    const source = sourceOf((index) => index, '1');
    const first = await read(source, cacheDir);
    const [path = ''] = objects(cacheDir).kept;
    const whole = readFileSync(path);
    for (let place = 0; place < whole.length; place += Math.floor(whole.length / 12)) {
      const damaged = Buffer.from(whole);
      damaged[place] = (damaged[place] as number) ^ 1;
      writeFileSync(path, damaged);
      expect(await read(source, cacheDir)).toEqual(first);
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  test('are no ones of a table that changed while it was listed', async () => {
    const cacheDir = await makeCache();
    const source = sourceOf(() => 1, '1');
    source.onOpen = ({ path }) => {
      if (path === TABLE) source.put(TABLE, bytes(`{"file_name": "${pathOf(0)}", "age": 2}`), '2');
    };
    expect((await read(source, cacheDir))[0]?.[1]).toEqual({ age: 2 });
    expect(objects(cacheDir).kept).toEqual([]);
  });

  test('of two who open at once are their own', async () => {
    const cacheDir = await makeCache();
    const both = [0, 1, 2, 3].map((round) => ({ version: String(round % 2), age: round % 2 }));
    for (let round = 0; round < 3; round++) {
      const found = await Promise.all(
        both.map(({ age, version }) =>
          read(
            sourceOf(() => age, version),
            cacheDir,
          ),
        ),
      );
      for (const [at, samples] of found.entries())
        expect(new Set(samples.map(([, { age }]) => age))).toEqual(new Set([both[at]?.age]));
    }
  });
});
