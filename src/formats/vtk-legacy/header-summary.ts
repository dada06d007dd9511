import type { ArrayHeader, MeshHeader } from '../../core/mesh-format.ts';
import { listMarked } from '../arrays/active-arrays.ts';
import { countCells, type LegacyHeader } from './header-model.ts';
import { VTK_LEGACY } from './name.ts';

/**
 * Says of a header what anyone may know of a mesh file.
 *
 * @param size - of the file, bytes
 */
export function summarize(header: LegacyHeader, size: number): MeshHeader {
  const { kind, version, encoding, points, pointData, cellData, fieldData, extras } = header;
  const arrays: ArrayHeader[] = [];
  for (const [section, on] of [
    [pointData, 'node'],
    [cellData, 'cell'],
    [fieldData, 'field'],
  ] as const) {
    for (const { name, type, components } of section.arrays.values())
      if (type !== undefined) arrays.push({ name, on, type, components, range: undefined });
  }
  const namesOn = (on: ArrayHeader['on']): string[] =>
    arrays.filter((array) => array.on === on && array.type !== 'String').map(({ name }) => name);
  return {
    format: VTK_LEGACY,
    type: kind,
    version,
    byteOrder: encoding === 'binary' ? 'BigEndian' : undefined,
    encodings: [encoding],
    pieceCount: 1,
    pointArrays: namesOn('node'),
    cellArrays: namesOn('cell'),
    markedArrays: listMarked([pointData.active, cellData.active]),
    points: points.tuples,
    cells: countCells(header),
    pointType: points.type,
    arrays,
    declared: [],
    leftOut: extras,
    pieceFiles: [],
    size,
  };
}
