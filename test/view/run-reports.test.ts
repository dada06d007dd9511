import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { arrayDataset, DataLoader } from '../../src/loader.ts';
import { meshToGraph } from '../../src/mesh.ts';
import { readReport } from '../../src/view/run-reports.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeBlock } from './small-meshes.ts';

const graphs = Array.from({ length: 6 }, (_, index) => meshToGraph(makeBlock(), { id: String(index) }));

/** Runs through a dataset and gives the lines of its report. */
async function run(report: string, epochs = 1): Promise<Record<string, unknown>[]> {
  await using loader = new DataLoader(arrayDataset(graphs), { batchSize: 2, report });
  for (let epoch = 0; epoch < epochs; epoch++) for await (const _ of loader);
  const lines = (await readFile(report, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('a run writes what stats() tells when it begins and ends', async () => {
  const lines = await run(`${await makeFolder()}/run.jsonl`);
  expect(lines[0]).toMatchObject({ event: 'begin', samples: 0, epoch: 0, ready: 0 });
  expect(lines.at(-1)).toMatchObject({ event: 'end', samples: 6, batches: 3, ready: 0 });
});

test('a second run goes behind the first, and is the one that is shown', async () => {
  const path = `${await makeFolder()}/run.jsonl`;
  const lines = await run(path, 2);
  expect(lines.filter(({ event }) => event === 'begin')).toHaveLength(2);
  const { figures, hasEnded } = await readReport(path, 0);
  expect(figures[0]).toMatchObject({ samples: 6, samplesPerSecond: 0 });
  expect(figures.at(-1)?.samples).toBe(12);
  expect(hasEnded).toBe(true);
});

test('a report is read on from where it was left, whole lines at a time', async () => {
  const path = `${await makeFolder()}/run.jsonl`;
  const line = (samples: number): string =>
    `${JSON.stringify({ event: 'run', elapsedMs: 1000, samples, boundBy: 'decode' })}\n`;
  await writeFile(path, `${line(1)}${line(2).slice(0, 20)}`);
  const first = await readReport(path, 0);
  expect([first.figures.map(({ samples }) => samples), first.next, first.hasEnded]).toEqual([
    [1],
    line(1).length,
    false,
  ]);
  await appendFile(path, line(2).slice(20));
  const second = await readReport(path, first.next);
  expect(second.figures).toMatchObject([{ samples: 2, boundBy: 'decode', cacheHits: undefined }]);
  await writeFile(path, line(9));
  expect(await readReport(path, second.next)).toMatchObject({ isAnew: true, figures: [{ samples: 9 }] });
});

test('what is no line of a run is passed over, and a file that is not there yet has none', async () => {
  const folder = await makeFolder({
    'run.jsonl': 'null\n{"a":1}\nnonsense\n{"elapsedMs":"x","samples":1}\n',
  });
  expect((await readReport(`${folder}/run.jsonl`, 0)).figures).toEqual([]);
  expect(await readReport(`${folder}/none.jsonl`, 0)).toMatchObject({ figures: [], next: 0 });
});

test('a report that cannot be written is an error of the loop', async () => {
  const folder = await makeFolder();
  await using loader = new DataLoader(arrayDataset(graphs), { report: `${folder}/none/run.jsonl` });
  await expect(loader[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: expect.stringMatching(/NOT_FOUND|CONFIG/) as string,
  });
  expect(() => new DataLoader(arrayDataset(graphs), { report: '' })).toThrow(
    'report must be the path of a file',
  );
});
