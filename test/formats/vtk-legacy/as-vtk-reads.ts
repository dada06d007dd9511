import { isTensor, type Mesh, type MeshArray, type SectionDetails } from '../../../src/core/mesh.ts';

/** A mesh as plain values, so that one of a legacy file can be compared with one that VTK made of it. */
export function plainMesh(mesh: Mesh): unknown {
  const section = (key: 'pointData' | 'cellData' | 'fieldData'): unknown => {
    const details = mesh.details?.[key];
    return {
      arrays: [...mesh[key]].map(([name, array]) => [name, plainArray(array, details, name)]),
      active: Object.fromEntries(details?.active ?? []),
    };
  };
  const { types, connectivity, offsets, faces, faceOffsets } = mesh.cells;
  return {
    kind: mesh.kind,
    points: [...mesh.points.data],
    cells: [types, connectivity, offsets, faces ?? [], faceOffsets ?? []].map((values) => [...values]),
    pointData: section('pointData'),
    cellData: section('cellData'),
    fieldData: section('fieldData'),
  };
}

function plainArray(
  array: MeshArray | readonly string[],
  details: SectionDetails | undefined,
  name: string,
): unknown {
  const own = details?.arrays.get(name);
  const { componentNames, isId = false, isBit = false, stringsInTuple } = own ?? {};
  const said = { isId, isBit, stringsInTuple, names: componentNames?.map((text) => text) };
  if (!isTensor(array)) return { ...said, strings: [...array] };
  const { data, shape, storedAs } = array;
  // Legacy files store ids in 32 bits, XML files of VTK in 64.
  const type = isId ? 'id' : (storedAs ?? data.constructor.name);
  return { ...said, type, shape: [...shape], values: Array.from(data as ArrayLike<number | bigint>) };
}
