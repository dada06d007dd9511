import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/core/dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeGraph } from './graphs.ts';

const MODULE = new URL('../threads/work/where.ts', import.meta.url).href;

/** A dataset whose samples are named for the thread on which they were made. */
function whereDataset(more: Partial<Dataset>): Dataset {
  return {
    length: 6,
    get: () => Promise.resolve(makeGraph('never')),
    work: (index) =>
      Promise.resolve({
        label: `${index}`,
        module: MODULE,
        input: undefined,
        finish: (value) => makeGraph(String(value)),
      }),
    ...more,
  };
}

async function placesOf(loader: DataLoader): Promise<string[]> {
  const ids: string[] = [];
  for await (const batch of loader) ids.push(...batch.ids);
  return ids;
}

describe('while no thread has started', () => {
  test('the calling thread makes the first samples, threads those that come later', async () => {
    const dataset = whereDataset({ worksAnywhere: true, workModules: [MODULE] });
    await using loader = new DataLoader(dataset, { numWorkers: 2 });
    expect((await placesOf(loader))[0]).toBe('here');
    let places: string[];
    do places = await placesOf(loader);
    while (places.includes('here'));
    expect(places).toEqual(Array.from({ length: 6 }, () => 'thread'));
  });

  test('samples wait for them where only threads may make them', async () => {
    await using loader = new DataLoader(whereDataset({}), { numWorkers: 2 });
    expect(await placesOf(loader)).toEqual(Array.from({ length: 6 }, () => 'thread'));
  });

  test('a module that cannot be loaded beforehand fails nothing', async () => {
    const dataset = whereDataset({ workModules: [`${MODULE}.missing`, MODULE] });
    await using loader = new DataLoader(dataset, { numWorkers: 1 });
    expect(await placesOf(loader)).toHaveLength(6);
  });
});

describe('threads start in a process', () => {
  const program = async (): Promise<string> => {
    const sourceUrl = await makeFolder({
      'a.vtu': smallVtu({ points: 5 }),
      'b.vtu': smallVtu({ points: 6 }),
    });
    const entry = (name: string): string => new URL(`../../src/${name}.ts`, import.meta.url).href;
    return `
      import { StreamingVascuDataset } from '${entry('data')}';
      import { DataLoader } from '${entry('loader')}';
      await using dataset = await StreamingVascuDataset.open({ sourceUrl: ${JSON.stringify(sourceUrl)} });
      Object.defineProperty(dataset, 'worksAnywhere', { value: false });
      await using loader = new DataLoader(dataset, { numWorkers: 1 });
      for await (const batch of loader) console.log(batch.ids.join());`;
  };
  const run = (flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--expose-gc', '--max-old-space-size=700', ...flags], {
      encoding: 'utf8',
      timeout: 20_000,
    });

  test('with flags that are V8’s', async () => {
    const script = join(await makeFolder(), 'program.mjs');
    await writeFile(script, await program());
    expect(run([script])).toBe('a\nb\n');
  });

  test('with such flags whose program is given as text', async () => {
    expect(run(['--input-type=module', '--eval', await program()])).toBe('a\nb\n');
  });
});
