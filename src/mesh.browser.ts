export {
  readMesh,
  readMeshFrom,
  readMeshHeader,
  readMeshHeaderFrom,
  writeGraph,
  writeMesh,
} from './mesh/mesh-files-browser.ts';
export * from './mesh.portable.ts';
