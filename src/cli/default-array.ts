import type { MeshHeader } from '../index.ts';

/** Names of arrays that number, mark or orient something: no field that a picture could show. */
const NO_FIELDS: readonly RegExp[] = [
  /ghost/i,
  /^vtkValidPointMask$/i,
  // Ranks of processes and parts of a decomposition: rank, mpi_rank, MPIRank, partition, subdomain, proc.
  /(^|[^a-z])(mpi)?ranks?([^a-z]|$)/i,
  /[a-z]Rank$/,
  /(^|[^a-z])(partition(ing)?|sub_?domain|decomposition|proc(essor)?)s?(_?[0-9]*)$/i,
  // Numbers and indices of what the mesh is made of: avtOriginalCellNumbers, node_number, cellIndex.
  /(original|global|local|node|cell|point|vertex|elem(ent)?)[ _]?(numbers?|num|ind(ex|ices))$/i,
  // A word "id" or "ids": cell_ids, GLOBAL_IDS_NODES, Ids, modelFaceID.
  /(^|[^a-z])ids?([^a-z]|$)/i,
  /[a-z]I[dD]s?$/,
  /(global|original|pedigree|local|node|element|elem|cell|point|vertex|face|edge|region|block|part|process|proc)ids?$/i,
  /(^|[^a-z])normals?([^a-z]*|Vectors?)$/i,
  /(point|cell|face|vertex|surface|wall)normals?$/i,
];

/**
 * Chooses the array that is drawn where none is named: the pressure, else the first over points, else over cells, that
 * is neither ids nor ranks nor ghosts nor normals, by its name or by what the file marks it as. Undefined where there is none.
 */
export function chooseField({
  pointArrays,
  cellArrays,
  markedArrays = [],
}: Pick<MeshHeader, 'pointArrays' | 'cellArrays' | 'markedArrays'>): string | undefined {
  const pressure = pointArrays.find((name) => /^pressure$/i.test(name));
  const isField = (name: string): boolean =>
    !markedArrays.includes(name) && !NO_FIELDS.some((pattern) => pattern.test(name));
  return pressure ?? [...pointArrays, ...cellArrays].find(isField);
}
