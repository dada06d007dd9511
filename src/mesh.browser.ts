export { meshToGraph, meshToGraphAsync } from './graph/mesh-to-graph-browser.ts';
export {
  readMesh,
  readMeshFrom,
  readMeshHeader,
  readMeshHeaderFrom,
  writeGraph,
  writeMesh,
} from './mesh/mesh-files-browser.ts';
export * from './mesh.portable.ts';
export { renderMesh, renderMeshAsync } from './render/render-mesh-browser.ts';
