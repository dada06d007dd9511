import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { listHealthyOver50 } from '../examples/local-dataset.ts';
import { copyWithPressureOnly } from '../examples/read-mesh.ts';
import { meanPressures } from '../examples/training-loop.ts';
import { makeDemoDataset } from '../src/cli/demo/data-set.ts';
import { readMesh } from '../src/mesh.ts';

describe('examples, on the data set of the demo', () => {
  let folder = '';
  const made = mkdtempSync(join(tmpdir(), 'vascusim-examples-'));
  afterAll(() => rmSync(made, { recursive: true }));
  beforeAll(async () => {
    vi.stubEnv('TMPDIR', made);
    ({ folder } = await makeDemoDataset());
    vi.unstubAllEnvs();
  });

  test('local-dataset: filtered samples in order', async () => {
    expect(await listHealthyOver50(folder)).toEqual([
      'patient_05: age 52, 6787 nodes, pressure [6787], velocity [6787, 3]',
      'patient_07: age 58, 6787 nodes, pressure [6787], velocity [6787, 3]',
      'patient_09: age 66, 17355 nodes, pressure [17355], velocity [17355, 3]',
      'patient_11: age 74, 11167 nodes, pressure [11167], velocity [11167, 3]',
    ]);
  });

  test('training-loop: each sample once an epoch, with its own nodes', async () => {
    const means = await meanPressures(folder);
    expect(means.size).toBe(12);
    for (const [id, [first, second, ...rest]] of means) {
      expect(rest).toEqual([]);
      expect(first).toBe(second);
      const { data } = (await readMesh(join(folder, `${id}.vtu`))).pointData.get('pressure') ?? { data: [] };
      const mean = Array.from(data as ArrayLike<number>).reduce((sum, value) => sum + value, 0) / data.length;
      expect(Math.abs((first as number) - mean)).toBeLessThan(1e-9 * mean);
    }
  });

  test('read-mesh: a copy with one array', async () => {
    const copy = join(made, 'copy.vtu');
    expect(await copyWithPressureOnly(join(folder, 'patient_01.vtu'), copy)).toMatch(
      /^3645 nodes, \d+ directed edges, 7290 nodes in a batch of two$/,
    );
    expect([...(await readMesh(copy)).pointData.keys()]).toEqual(['pressure']);
  });
});
