export type { Dataset, Work, WorkResult } from './core/dataset.ts';
export { arrayDataset } from './loader/array-dataset.ts';
export { DataLoader, type DataLoaderOptions } from './loader/data-loader.ts';
export type { LoaderStats } from './loader/loader-stats.ts';
