import { ConfigError } from '../core/errors.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { Shard } from '../core/shard.ts';
import { showValue } from '../core/show-value.ts';
import type { VascuDataset } from '../dataset/vascu-dataset.ts';
import type { ConvertDatasetOptions, ConvertReport } from './convert-options.ts';
import { ConvertRun } from './convert-run.ts';
import { DatasetReader } from './dataset-reader.ts';
import { ResultFolder } from './result-folder.ts';
import { readResultOptions } from './result-options.ts';
import { requireOutside } from './source-folder.ts';

const OPTIONS: readonly (keyof ConvertDatasetOptions)[] = [
  'to',
  'attributes',
  'graphOf',
  'encoding',
  'compressor',
  'shardSize',
  'shuffle',
  'seed',
  'shard',
  'jobs',
  'dryRun',
  'verify',
  'prune',
  'force',
  'onProgress',
  'signal',
];

/** Converts a dataset; see `convertDataset`. */
export async function runConversion(
  dataset: VascuDataset,
  directory: string,
  options: ConvertDatasetOptions,
): Promise<ConvertReport> {
  rejectUnknownOptions('convertDataset', options, OPTIONS);
  const { jobs = 2, dryRun = false, attributes, graphOf, shard, signal } = options;
  if (!Number.isSafeInteger(jobs) || jobs < 1)
    throw new ConfigError('jobs', `jobs must be a whole number from 1 on, not ${showValue(jobs)}.`);
  if (shard !== undefined && !(shard instanceof Shard)) {
    throw new ConfigError('shard', `shard must be a Shard, not ${showValue(shard)}.`);
  }
  signal?.throwIfAborted();
  const changes = { ...(attributes && { includeAttributes: attributes }), ...(graphOf && { graphOf }) };
  const given = dataset.facts;
  const share = shard ?? given.share;
  // Where the dataset is a share itself, what is merged in the end is of all samples.
  await using whole = shard === undefined ? given.whole?.() : undefined;
  await using view = (whole ?? dataset).with(changes);
  const results = readResultOptions(options, view.facts.options);
  await requireOutside(view, directory, results, signal);
  const folder = await ResultFolder.open(directory, dryRun);
  await using reader = new DatasetReader(view, results, jobs);
  const before = view.streamer.stats().bytesDownloaded;
  const run = new ConvertRun({
    reader,
    folder,
    options: results,
    share,
    jobs,
    flags: options,
    bytesFetched: () => view.streamer.stats().bytesDownloaded - before,
    signal,
  });
  return await run.run();
}
