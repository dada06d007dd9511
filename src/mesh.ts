export { meshToGraph, meshToGraphAsync } from './graph/mesh-to-graph.ts';
export {
  readMesh,
  readMeshFrom,
  readMeshHeader,
  readMeshHeaderFrom,
  writeGraph,
  writeMesh,
} from './mesh/mesh-files.ts';
export * from './mesh.portable.ts';
export { renderMesh, renderMeshAsync } from './render/render-mesh.ts';
