import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { VascuDataset } from 'vascusim/data';
import { DataLoader, World } from 'vascusim/loader';
import type { Batch } from 'vascusim/mesh';

/** Samples in a step of all processes together. */
const GLOBAL_BATCH = 4;

/**
 * One process of as many as torchrun, srun, mpirun or an indexed job started. After each step the first one saves
 * where all of them are; started again, be it with fewer or more processes, they go on there.
 *
 * @param train - makes a step and says whether to go on
 */
export async function trainDistributed(
  folder: string,
  checkpoint: string,
  epochs: number,
  train: (batch: Batch) => Promise<boolean>,
): Promise<void> {
  const world = World.fromEnv();
  await using dataset = await VascuDataset.open({ sourceUrl: folder, includeAttributes: ['pressure'] });
  await using loader = new DataLoader(dataset, {
    batchSize: GLOBAL_BATCH / world.size,
    shuffle: true,
    seed: 42,
    numWorkers: 1,
    world,
  });
  if (existsSync(checkpoint)) loader.loadStateDict(JSON.parse(await readFile(checkpoint, 'utf8')));
  while (loader.epoch < epochs) {
    for await (using batch of loader) {
      const goesOn = await train(batch);
      if (world.rank === 0) await save(checkpoint, JSON.stringify(loader.stateDict()));
      if (!goesOn) return;
    }
  }
}

/** Whoever reads the file finds the old content or the new one, never a part. */
async function save(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
