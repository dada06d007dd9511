import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { convertDataset, VascuDataset } from '../../src/index.ts';
import { describeWithSlurm, type Slurm, startSlurm } from '../servers/slurm.ts';
import { makeFolder } from '../temporary-folder.ts';
import { leftOvers, makeCases, readResults } from './result-set.ts';

const EXAMPLE = resolve('examples/slurm-array.sh');

describeWithSlurm('a real SLURM', () => {
  let slurm: Slurm;
  beforeAll(async () => {
    slurm = await startSlurm();
  }, 60_000);
  afterAll(() => slurm[Symbol.asyncDispose]());

  /** Submits the script of the page, and waits for its end. */
  async function submit(source: string, directory: string, options: readonly string[]): Promise<void> {
    const logs = await makeFolder();
    const variables = {
      SOURCE: source,
      DIRECTORY: directory,
      VASCUSIM: `${process.execPath} ${resolve('bin/vascusim.mjs')}`,
      VASCUSIM_CACHE_DIR: join(logs, 'cache'),
    };
    const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const args = [
      ...options,
      `--output=${logs}/%a.log`,
      '--wait',
      `--export=ALL,${given.join(',')}`,
      EXAMPLE,
    ];
    try {
      await slurm.run('sbatch', args);
    } catch (error) {
      const log = await readFile(join(logs, '0.log'), 'utf8').catch(() => 'no log');
      throw new Error(`The job failed: ${log}`, { cause: error });
    }
  }

  test('runs the array of the page: its tasks make what one run makes', {
    timeout: 120_000,
  }, async () => {
    const [source, whole, directory] = [await makeCases(9), await makeFolder(), await makeFolder()];
    await using dataset = await VascuDataset.open({ sourceUrl: source });
    await convertDataset(dataset, whole, { to: 'safetensors', jobs: 1 });
    // Numbers that begin anywhere, and go in steps.
    await submit(source, directory, ['--array=3-9:3']);
    expect(await readResults(directory)).toEqual(await readResults(whole));
    expect(await leftOvers(directory)).toEqual([]);
  });
});
