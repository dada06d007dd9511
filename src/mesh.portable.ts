export { type ArrayMeasure, measureArray } from './core/array-measure.ts';
export type { BufferPool } from './core/buffer-pool.ts';
export { CellType, type CellTypeNumber, cellTypeName } from './core/cell-types.ts';
export * from './core/errors.ts';
export { countGhosts, type GhostCounts } from './core/ghosts.ts';
export type { GraphData, Metadata, Normalization } from './core/graph.ts';
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
export type { ArrayHeader, DeclaredHeader, MeshHeader } from './core/mesh-format.ts';
export type { FieldScale, Standardization } from './core/statistics.ts';
export { COLLECTION_EXTENSIONS, MESH_EXTENSIONS } from './formats/registry.ts';
export { type WriteOptions, writeVtkXml } from './formats/vtk-xml/writer.ts';
export { Batch } from './graph/batch.ts';
export type { BatchOptions } from './graph/collate.ts';
export type { Feed, FeedOptions, FeedType } from './graph/feeds.ts';
export {
  graphFromSafetensors,
  graphSafetensorsParts,
  graphToSafetensors,
} from './graph/graph-safetensors.ts';
export type { MeshToGraphOptions } from './graph/mesh-graph-steps.ts';
export {
  type ReadSafetensorsOptions,
  readSafetensors,
  type Safetensors,
  writeSafetensors,
} from './graph/safetensors.ts';
export type { MeshBytes } from './mesh/mesh-bytes.ts';
export type { ReadMeshHeaderFromOptions, ReadMeshHeaderOptions } from './mesh/mesh-header.ts';
export type { MeasuredArray, MeasuredHeader } from './mesh/piece-headers.ts';
export type { ReadMeshFromOptions } from './mesh/read-mesh.ts';
export type { ReadMeshOptions } from './mesh/read-options.ts';
export type { View } from './render/camera.ts';
export { type ColorMapName, colorAt } from './render/color.ts';
export type { Component } from './render/field.ts';
export type { Image } from './render/image.ts';
export type { Plane } from './render/plane.ts';
export { encodePng } from './render/png.ts';
export type { RenderOptions } from './render/render-options.ts';
export {
  type RenderedImage,
  type RenderedLabel,
  type RenderedTick,
} from './render/render-steps.ts';
export { type SliceOptions, sliceMesh, sliceMeshAsync } from './render/slice-mesh.ts';
export { extractSurface, extractSurfaceAsync, type SurfaceOptions } from './render/surface-mesh.ts';
