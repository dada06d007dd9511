import type { VascuDataset } from '../dataset/vascu-dataset.ts';
import type { ConvertDatasetOptions, ConvertReport } from './convert-options.ts';

/**
 * Converts all samples of a dataset into a directory: what is done is not done again, and what is killed in between goes on
 * with the next call. Several processes may convert into one directory, each its share: whoever ends last merges the
 * manifest. A sample that fails does not stop the others; it is tried again by the next call.
 *
 * @example
 * const report = await convertDataset(dataset, '/data/graphs', { to: 'safetensors', shard: Shard.parse('2/8') });
 * @throws ConfigError for an option that cannot be used, or a directory that cannot be written into
 * @throws AuthError, CacheError, NetworkError for what would befall all samples
 */
export async function convertDataset(
  dataset: VascuDataset,
  directory: string,
  options: ConvertDatasetOptions,
): Promise<ConvertReport> {
  // Loaded here: those who only bring files have no use for it.
  const { runConversion } = await import('./run-conversion.ts');
  return runConversion(dataset, directory, options);
}
