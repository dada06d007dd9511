import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GraphData } from '../../../src/core/graph.ts';
import type { TypedArray } from '../../../src/core/mesh.ts';
import type { FileEntry } from '../../../src/core/source.ts';
import type { TimeSamples, TimeSeries } from '../../../src/dataset/time/time-series.ts';
import { DataLoader } from '../../../src/loader/data-loader.ts';
import { fc } from '../../property.ts';
import { describeWithVtk, runVtk } from '../../vtk/vtk-python.ts';
import { filesSeries, samplesOf, WindowDataset } from './open-windows.ts';

const STEPS = [0, 1, 2, 3, 4, 5];
const NODE_ARRAYS = ['pressure', 'velocity', 'stress', 'mark', 'near'];
const CELL_ARRAYS = ['load', 'region'];

/** Windows of any length, stride and spacing. */
const WINDOWS = fc
  .sample(
    fc.record({
      first: fc.nat(3),
      length: fc.integer({ min: 1, max: 6 }),
      every: fc.integer({ min: 1, max: 3 }),
    }),
    { numRuns: 60, seed: 19 },
  )
  .flatMap(({ first, length, every }) => {
    const window = Array.from({ length }, (_, at) => first + at * every);
    return (window.at(-1) as number) > 5 ? [] : [window];
  });

/** Array as the oracle tells of it. */
interface Told {
  readonly type: string;
  readonly shape: readonly number[];
  readonly digest: string;
}

const TYPES: Readonly<Record<string, string>> = {
  Float32Array: 'f4',
  Float64Array: 'f8',
  Uint8Array: 'u1',
  Int16Array: 'i2',
  Int32Array: 'i4',
};

function tell({ node, cell }: GraphData): Record<string, Told> {
  const told = (data: TypedArray, shape: readonly number[]): Told => ({
    type: TYPES[data.constructor.name] ?? data.constructor.name,
    shape,
    digest: createHash('sha256')
      .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      .digest('hex'),
  });
  return Object.fromEntries(
    Object.entries({ node, cell }).flatMap(([kind, arrays]) =>
      Object.entries(arrays).map(([name, { data, shape }]) => [`${kind}.${name}`, told(data, shape)]),
    ),
  );
}

function seriesOf(layout: string, entries: readonly FileEntry[]): TimeSeries {
  const [entry] = entries as [FileEntry];
  if (layout.startsWith('files')) return filesSeries('result', entries, STEPS);
  const whole = filesSeries(
    'case',
    STEPS.map(() => entry),
    STEPS,
  );
  if (layout.startsWith('own')) {
    return {
      ...whole,
      from: 'arrays',
      sourceAt: (_, timeStep) => ({ path: entry.path, files: [entry], timeStep }),
    };
  }
  const stored = (name: string, step: number): string => `${name}_0000${step}`;
  const all = (names: readonly string[]): Set<string> =>
    new Set(names.flatMap((name) => STEPS.map((step) => stored(name, step))));
  return {
    ...whole,
    from: 'arrays',
    parts: [{ name: '', isStatic: false, stepped: { node: all(NODE_ARRAYS), cell: all(CELL_ARRAYS) } }],
    sourceAt: (_, step) => ({
      path: entry.path,
      files: [entry],
      names: {
        node: new Map(NODE_ARRAYS.map((name) => [name, stored(name, step)])),
        cell: new Map(CELL_ARRAYS.map((name) => [name, stored(name, step)])),
      },
    }),
  };
}

describeWithVtk('windows are what VTK reads, stacked by NumPy, bit by bit', () => {
  let folder: string;
  let answers: Record<string, readonly Record<string, Told>[]>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vascusim-windows-'));
    answers = runVtk('windows_oracle.py', folder, JSON.stringify(WINDOWS)) as typeof answers;
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each([0, 2])('of every layout and encoding, in any order, with %i workers', async (numWorkers) => {
    for (const layout of readdirSync(folder)) {
      // Threads take long to start: a few of the layouts have them all.
      if (numWorkers > 0 && !layout.endsWith('vtu-raw-zlib')) continue;
      const samples = (entries: readonly FileEntry[]): TimeSamples => ({
        ...samplesOf([seriesOf(layout, entries)], { length: 1 }),
        length: WINDOWS.length,
        seriesOf: () => 0,
        positionsAt: (sample) => WINDOWS[sample] as number[],
      });
      const dataset = await WindowDataset.openWindows({ sourceUrl: join(folder, layout) }, samples, {
        sharesMesh: layout.includes('zlib') && layout.startsWith('files'),
      });
      await using loader = new DataLoader(dataset, {
        numWorkers,
        shuffle: true,
        seed: 7,
        collate: ([graph]) => graph as GraphData,
      });
      let count = 0;
      for await (const graph of loader) {
        count++;
        const steps = [...(graph.times?.data ?? [])];
        const at = WINDOWS.findIndex((window) => window.join() === steps.join());
        expect({ layout, ...tell(graph) }).toEqual({ layout, ...answers[layout]?.[at] });
      }
      expect(count).toBe(WINDOWS.length);
      await dataset.close();
    }
  });
});
