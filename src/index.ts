export type { BufferPool } from './core/buffer-pool.ts';
export { CellType, type CellTypeNumber, cellTypeName } from './core/cell-types.ts';
export type { Dataset, Sample, Work, WorkResult } from './core/dataset.ts';
export {
  ConfigError,
  DisposedError,
  type ErrorCode,
  FormatError,
  isVascuError,
  NotFoundError,
  UnsupportedError,
  VascuError,
} from './core/errors.ts';
export type { GraphData, Metadata, Normalization } from './core/graph.ts';
export type { Cells, Mesh, Tensor, TypedArray } from './core/mesh.ts';
export type { ByteRange, Checksum, FileEntry, ReadOptions, Source, SourceFile } from './core/source.ts';
