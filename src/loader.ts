/** @internal */
export { arrayVariable } from './core/array-task.ts';
export type { Dataset, Work, WorkResult } from './core/dataset.ts';
export type { EnvironmentVariables } from './core/environment-variables.ts';
export * from './core/errors.ts';
export { Shard, type ShardFromEnvOptions, type ShardOptions, type SharedItems } from './core/shard.ts';
export { arrayDataset } from './loader/array-dataset.ts';
export type { SampleSize } from './loader/budget.ts';
export { DataLoader } from './loader/data-loader.ts';
export type { Latency } from './loader/latency-histogram.ts';
export type { DataLoaderOptions } from './loader/loader-options.ts';
export type { LoaderState } from './loader/loader-state.ts';
export type { BatchEvent, LoaderProgress, LoaderStats, SampleEvent } from './loader/loader-stats.ts';
export type { Sampler } from './loader/sampler.ts';
export { World, type WorldFromEnvOptions, type WorldOptions } from './loader/world.ts';
