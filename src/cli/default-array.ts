import type { MeshHeader } from '../index.ts';

/** Names of arrays that number, mark or orient something: no field that a picture could show. */
const NO_FIELDS: readonly RegExp[] = [
  /^vtkGhost(Type|Levels)$/i,
  /^vtkValidPointMask$/i,
  // A word "id" or "ids": cell_ids, GLOBAL_IDS_NODES, Ids, modelFaceID.
  /(^|[^a-z])ids?([^a-z]|$)/i,
  /[a-z]I[dD]s?$/,
  /(global|original|pedigree|local|node|element|elem|cell|point|vertex|face|edge|region|block|part|process|proc)ids?$/i,
  /(^|[^a-z])normals?([^a-z]*|Vectors?)$/i,
  /(point|cell|face|vertex|surface|wall)normals?$/i,
];

/**
 * Chooses the array that is drawn where none is named: the pressure, else the first over points, else over cells, that
 * is neither ids nor ghosts nor normals, by its name or by what the file marks it as. Undefined where there is none.
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
