import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { convertDataset, VascuDataset } from '../../src/index.ts';
import { caseFiles } from '../fleet/result-set.ts';
import { describeWithPython, runPython } from '../python/python-process.ts';
import { makeFolder } from '../temporary-folder.ts';
import { findCodeBlocks } from './markdown.ts';

describeWithPython('the page "Train from Python"', () => {
  test('its programs read what was converted, as the source has it', async () => {
    const source = await makeFolder(caseFiles(4));
    const [graphs, tars] = [await makeFolder(), await makeFolder()];
    await using dataset = await VascuDataset.open({ sourceUrl: source });
    await convertDataset(dataset, graphs, { to: 'safetensors', jobs: 1 });
    await convertDataset(dataset, tars, { to: 'webdataset', jobs: 1 });
    const program = findCodeBlocks('docs/guide/train-from-python.md')
      .filter(({ language }) => language === 'python')
      .map(({ code }) => code)
      .join('\n')
      .replaceAll('/data/graphs', graphs)
      .replaceAll('/data/tars', tars);
    const { stdout, stderr } = await runPython(['-W', 'ignore', '-c', program]);
    expect(stderr).toBe('');
    const lines = await Promise.all(
      dataset.samples.map(async ({ id, path }, index) => {
        const { numNodes } = await dataset.get(index);
        expect(await readFile(`${source}/${path}`, 'utf8')).toContain(`NumberOfPoints="${numNodes}"`);
        return { id, rest: `(${numNodes}, 3) ${index}.0` };
      }),
    );
    expect(stdout.trimEnd().split('\n')).toEqual([
      ...lines.map(({ id, rest }) => `${id}.safetensors ${rest}`),
      ...lines.map(({ id, rest }) => `${id.replace('0.', '0%2E')}.safetensors ${rest}`),
    ]);
  });
});
