export {
  readMesh,
  readMeshFrom,
  readMeshHeader,
  readMeshHeaderFrom,
  writeGraph,
  writeMesh,
} from './mesh/mesh-files.ts';
export * from './mesh.portable.ts';
