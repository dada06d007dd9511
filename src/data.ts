export type { Sample } from './core/dataset.ts';
export type { GraphData, Metadata, Normalization } from './core/graph.ts';
export type { FilterFn } from './dataset/catalogue.ts';
export {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from './dataset/streaming-vascu-dataset.ts';
export {
  type DatasetStats,
  type Transform,
  VascuDataset,
  type VascuDatasetOptions,
} from './dataset/vascu-dataset.ts';
export type { StreamingType } from './streamers/choose-streamer.ts';
