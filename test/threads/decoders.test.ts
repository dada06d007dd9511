import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../src/core/dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeGraph } from '../loader/graphs.ts';
import { makeFolder } from '../temporary-folder.ts';

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

describe('of a number that is found out', () => {
  const SPIN = new URL('./work/spin.ts', import.meta.url).href;
  /** Samples that take so many milliseconds each, named for their index and the thread. */
  const spinDataset = (length: number, milliseconds: number, more: Partial<Dataset> = {}): Dataset => ({
    ...whereDataset({ worksAnywhere: true, workModules: [SPIN] }),
    length,
    work: (index) =>
      Promise.resolve({
        label: `${index}`,
        module: SPIN,
        input: milliseconds,
        finish: (value) => makeGraph(`${index} ${String(value)}`),
      }),
    ...more,
  });
  const hasProcessors = availableParallelism() > 1;

  test.skipIf(!hasProcessors)(
    'the calling thread begins, threads are added, and the order stays',
    async () => {
      await using loader = new DataLoader(spinDataset(60, 20), { numWorkers: 'auto' });
      let places: string[];
      do {
        places = await placesOf(loader);
        expect(places.map((id) => Number.parseInt(id, 10))).toEqual([...Array(60).keys()]);
        if (loader.epoch === 1) expect(places[0]).toBe('0 here');
      } while (!places.some((id) => id.endsWith('thread')));
      expect(loader.stats()).toMatchObject({ skipped: 0, workerRestarts: 0 });
    },
  );

  test('no thread is started for a few samples', async () => {
    await using loader = new DataLoader(spinDataset(6, 1), { numWorkers: 'auto' });
    expect(await placesOf(loader)).toEqual([...Array(6).keys()].map((index) => `${index} here`));
    expect(loader.stats().workers).toBe(0);
  });

  test('the calling thread goes on where no thread can be started', async () => {
    const flags = ['--permission', '--allow-fs-read=*', '--no-warnings', '--input-type=module'];
    const loaderUrl = new URL('../../src/loader.ts', import.meta.url).href;
    const graphsUrl = new URL('../loader/graphs.ts', import.meta.url).href;
    const program = `
      import { DataLoader } from '${loaderUrl}';
      import { makeGraph } from '${graphsUrl}';
      const work = (index) => ({ label: '', module: '${SPIN}', input: 20, finish: (place) => makeGraph(index + ' ' + place) });
      const dataset = { length: 60, worksAnywhere: true, work: async (index) => work(index), get: () => undefined };
      await using loader = new DataLoader(dataset, { numWorkers: 'auto' });
      const places = [];
      for await (const batch of loader) places.push(...batch.ids);
      console.log(places.length, places.filter((id) => id.endsWith('here')).length);`;
    const output = execFileSync(process.execPath, [...flags, '--eval', program], { encoding: 'utf8' });
    expect(output).toBe('60 60\n');
  });

  test('samples that only the calling thread can make are made there', async () => {
    const { work: _, ...dataset } = whereDataset({});
    await using loader = new DataLoader(dataset, { numWorkers: 'auto' });
    expect(await placesOf(loader)).toHaveLength(6);
  });

  test.each(['auto', 1] as const)('an abort lets go of samples that wait (%s)', async (numWorkers) => {
    const controller = new AbortController();
    const made: number[] = [];
    const released: number[] = [];
    const base = spinDataset(20, 5, { worksAnywhere: numWorkers === 'auto' });
    const dataset: Dataset = {
      ...base,
      work: async (index, options) => {
        made.push(index);
        const work = await (base.work as NonNullable<Dataset['work']>)(index, options);
        return { ...work, release: () => void released.push(index) };
      },
    };
    const options = { numWorkers, batchSize: 4, signal: controller.signal } as const;
    const loader = new DataLoader(dataset, options);
    const reason = new Error('stop');
    await expect(async () => {
      for await (const _batch of loader) controller.abort(reason);
    }).rejects.toBe(reason);
    await loader.close();
    expect(made.length).toBeGreaterThan(4);
    expect(released.toSorted((a, b) => a - b)).toEqual(made);
  });
});

test.each(['Auto', 'many', '2'])('numWorkers: %o is refused', (numWorkers) => {
  const options = { numWorkers } as unknown as { readonly numWorkers: 'auto' };
  expect(() => new DataLoader(whereDataset({}), options)).toThrow(/numWorkers must be .*'auto'/);
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
