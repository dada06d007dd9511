export type { BufferPool } from './core/buffer-pool.ts';
export { CellType, type CellTypeNumber, cellTypeName } from './core/cell-types.ts';
export type { GraphData, Metadata, Normalization } from './core/graph.ts';
export type { Cells, Mesh, Tensor, TypedArray } from './core/mesh.ts';
export { type MeshHeader, type ReadMeshOptions, readMesh, readMeshHeader } from './dataset/read-mesh.ts';
export { writeMesh } from './dataset/write-mesh.ts';
export { type WriteOptions, writeVtkXml } from './formats/vtk-xml/writer.ts';
export { Batch, type BatchOptions } from './graph/batch.ts';
export { type MeshToGraphOptions, meshToGraph } from './graph/mesh-to-graph.ts';
