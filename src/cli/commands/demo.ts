import { Command } from 'commander';
import { StreamingVascuDataset } from '../../data.ts';
import { DataLoader } from '../../loader.ts';
import { describeSummary, streamBatches } from '../batch-table.ts';
import { makeDemoDataset } from '../demo/data-set.ts';
import { print, printText } from '../terminal/output.ts';

/** Makes `vascusim demo`: the main job on a data set that it makes itself. */
export function demoCommand(signal: AbortSignal): Command {
  return new Command('demo')
    .description('make a small synthetic data set and stream it')
    .option('--to <folder>', 'where it is made (default: a folder for temporary files)')
    .action(async ({ to }: { readonly to?: string }) => runDemo(to, signal));
}

async function runDemo(to: string | undefined, signal: AbortSignal): Promise<void> {
  const { folder, made } = await makeDemoDataset(signal, to);
  printText(`${made ? 'Made' : 'Found'} a synthetic data set of bifurcating vessels in ${folder}`);
  await using dataset = await StreamingVascuDataset.open({
    sourceUrl: folder,
    filterFn: (metadata) => Number(metadata['patient_age'] ?? 0) > 40,
    includeAttributes: ['pressure', 'velocity', 'wall_shear_stress'],
    normalize: true,
    signal,
  });
  const healthy = dataset.samples.filter(({ metadata }) => metadata['is_healthy'] === true).length;
  printText(
    `Patients over 40: ${dataset.length} samples, ${healthy} healthy and ${dataset.length - healthy} with a stenosis`,
  );
  print();
  await using loader = new DataLoader(dataset, {
    batchSize: 3,
    shuffle: true,
    seed: 42,
    numWorkers: 'auto',
    signal,
  });
  const summary = await streamBatches(loader, {
    limit: Number.POSITIVE_INFINITY,
    json: false,
    bytes: () => dataset.stats().bytesRead,
  });
  print();
  for (const line of describeSummary(summary, dataset.stats().bytesRead, loader)) printText(line);
  print();
  print('Next:');
  print(`  npx vascusim info ${folder}/patient_10.vtu`);
  print(`  npx vascusim render ${folder}/patient_10.vtu -o patient_10.png`);
  print(`  npx vascusim stream ${folder} --batch-size 4 --attributes pressure`);
}
