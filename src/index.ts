export type { CacheKey } from './cache/cache-key.ts';
export { CacheManager } from './cache/cache-manager.ts';
export type { AcquireOptions, CachedSource, CacheManagerOptions, CacheStats } from './cache/cache-options.ts';
export type { HeldEntry } from './cache/held-entry.ts';
export type { Reservation } from './cache/reservation.ts';
export type { DamagedFile, VerifyOptions, VerifyReport } from './cache/verify.ts';
export { type ArrayMeasure, measureArray } from './core/array-measure.ts';
export type { BufferPool } from './core/buffer-pool.ts';
export { CellType, type CellTypeNumber, cellTypeName } from './core/cell-types.ts';
export type { ConnectionReport, ConnectionStep } from './core/connection.ts';
export type { Dataset, Sample, Work, WorkResult } from './core/dataset.ts';
export {
  AuthError,
  type AuthReason,
  CacheError,
  ConfigError,
  DisposedError,
  type ErrorCode,
  FormatError,
  IntegrityError,
  isVascuError,
  NetworkError,
  type NetworkFailure,
  NotFoundError,
  UnsupportedError,
  VascuError,
} from './core/errors.ts';
export { countGhosts, type GhostCounts } from './core/ghosts.ts';
export type { GraphData, Metadata, Normalization } from './core/graph.ts';
export { describeLeftOut } from './core/left-out.ts';
export { describeLeftOutArrays } from './core/left-out-arrays.ts';
export {
  type ArrayDetails,
  type Cells,
  isTensor,
  type LeftOutArray,
  type Mesh,
  type MeshArray,
  type MeshArrays,
  type MeshDetails,
  type RandomAccess,
  type SectionDetails,
  type StringArray,
  type Tensor,
  type TypedArray,
} from './core/mesh.ts';
export type { ReadPlan, ReadPlanner, Stretch, WholeReason } from './core/read-plan.ts';
export type {
  ByteRange,
  Checksum,
  FileEntry,
  LeftOut,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from './core/source.ts';
export { explainSystemError, type FileAction } from './core/system-error.ts';
export type { FilterFn } from './dataset/catalogue.ts';
export type { VascuDatasetOptions } from './dataset/dataset-parts.ts';
export type { SharedMesh } from './dataset/shared-mesh.ts';
export {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from './dataset/streaming-vascu-dataset.ts';
export {
  type DatasetStats,
  VascuDataset,
} from './dataset/vascu-dataset.ts';
export type { Transform } from './decode/transform.ts';
export { type FileAccess, openFileAccess } from './files/file-access.ts';
export type { FilePart, FilePlace, PartedFile } from './files/ranged-file.ts';
export type { ArrayHeader, DeclaredHeader } from './formats/vtk-xml/array-header.ts';
export { type WriteOptions, writeVtkXml } from './formats/vtk-xml/writer.ts';
export { Batch } from './graph/batch.ts';
export type { BatchOptions } from './graph/collate.ts';
export type { Feed, FeedOptions, FeedType } from './graph/feeds.ts';
export { graphFromSafetensors, graphToSafetensors } from './graph/graph-safetensors.ts';
export { type MeshToGraphOptions, meshToGraph, meshToGraphAsync } from './graph/mesh-to-graph.ts';
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './graph/safetensors.ts';
export { arrayDataset } from './loader/array-dataset.ts';
export type { SampleSize } from './loader/budget.ts';
export { DataLoader } from './loader/data-loader.ts';
export type { Latency } from './loader/latency-histogram.ts';
export type { DataLoaderOptions } from './loader/loader-options.ts';
export type { LoaderState } from './loader/loader-state.ts';
export type {
  BatchEvent,
  LoaderProgress,
  LoaderStats,
  SampleEvent,
} from './loader/loader-stats.ts';
export type { Sampler } from './loader/sampler.ts';
export { World, type WorldOptions } from './loader/world.ts';
export type { MeshBytes } from './mesh/mesh-bytes.ts';
export {
  readMesh,
  readMeshFrom,
  readMeshHeader,
  readMeshHeaderFrom,
  writeGraph,
  writeMesh,
} from './mesh/mesh-files.ts';
export type { ReadMeshHeaderFromOptions, ReadMeshHeaderOptions } from './mesh/mesh-header.ts';
export type { MeasuredArray, MeasuredHeader, MeshHeader } from './mesh/piece-headers.ts';
export type { ReadMeshFromOptions, ReadMeshOptions } from './mesh/read-mesh.ts';
export { type CompiledFilter, compileFilter } from './metadata/filter-expression.ts';
export type {
  HeldParts,
  OpenPartsOptions,
  PartialStats,
  PartMode,
  PartsRequest,
} from './partial/part-files.ts';
export type { HttpClientOptions } from './protocols/http/exchange-types.ts';
export type { TlsOptions } from './protocols/http/tls.ts';
export type { View } from './render/camera.ts';
export { type ColorMapName, colorAt } from './render/color.ts';
export type { Image } from './render/image.ts';
export { encodePng } from './render/png.ts';
export {
  type RenderedImage,
  type RenderedLabel,
  type RenderOptions,
  renderMesh,
  renderMeshAsync,
} from './render/render-mesh.ts';
export { extractSurface, extractSurfaceAsync, type SurfaceOptions } from './render/surface-mesh.ts';
export { HttpSource, type HttpSourceOptions } from './sources/http/http-source.ts';
export { HuggingFaceSource } from './sources/hugging-face/hugging-face-source.ts';
export type { HuggingFaceSourceOptions } from './sources/hugging-face/source-options.ts';
export { LocalSource, type LocalSourceOptions } from './sources/local/local-source.ts';
export type { SmbSourceOptions } from './sources/smb/options.ts';
export { SmbSource } from './sources/smb/smb-source.ts';
export type { SynologySourceOptions } from './sources/synology/options.ts';
export { SynologySource } from './sources/synology/synology-source.ts';
export {
  DataStreamer,
  type HeldFile,
  type ListFilesOptions,
  type OpenFileOptions,
  type StreamerOptions,
  type StreamerStats,
} from './streamers/data-streamer.ts';
export {
  type DownloadFilesOptions,
  type DownloadProgress,
  type DownloadReport,
  downloadFiles,
  type FailedFile,
} from './streamers/download-files.ts';
export {
  HuggingFaceStreamer,
  type HuggingFaceStreamerOptions,
} from './streamers/hugging-face-streamer.ts';
export { LocalStreamer, type LocalStreamerOptions } from './streamers/local-streamer.ts';
export { type DirectoryEntry, NASStreamer, type NASStreamerOptions } from './streamers/nas-streamer.ts';
export {
  choosePlace as openStreamer,
  type Place,
  type PlaceKind,
  type PlaceOptions,
  recognizePlace,
  type StreamingType,
} from './streamers/open-streamer.ts';
