export type { Sample, SampleOptions } from './core/dataset.ts';
export * from './core/errors.ts';
export type { GraphData, GraphOf, Metadata, Normalization } from './core/graph.ts';
export type { PartMode } from './core/held-file.ts';
export type { FieldScale, FieldStatistics, Standardization, Statistics } from './core/statistics.ts';
export { writeJson } from './core/write-json.ts';
export type { VascuDatasetOptions } from './dataset/dataset-parts.ts';
export type { DatasetStats } from './dataset/dataset-stats.ts';
export type { Chosen, ViewOptions } from './dataset/dataset-view.ts';
export type { MeasureOptions, MeasureProgress } from './dataset/measure-dataset.ts';
export type { SharedMesh } from './dataset/mesh-owners.ts';
export type { FilterFn } from './dataset/sample-filter.ts';
export type { PartPattern, SamplesOption } from './dataset/sample-templates.ts';
export type { SplitList } from './dataset/split-lists.ts';
export type { SplitBy, SplitOptions, Splits } from './dataset/split-samples.ts';
export {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from './dataset/streaming-vascu-dataset.ts';
export type { MetadataOption, MetadataTableOptions } from './dataset/tables/table-options.ts';
export { VascuDataset } from './dataset/vascu-dataset.ts';
export type { AnyTransform, ModuleTransform, Transform, TransformOptions } from './graph/transform.ts';
export type { TransformContext } from './graph/transform-context.ts';
export { type CompiledFilter, compileFilter } from './metadata/filter-expression.ts';
export type { PartialStats } from './partial/range-files.ts';
export { mergeStatistics } from './statistics/merge-statistics.ts';
export type { StreamingType } from './streamers/place.ts';
