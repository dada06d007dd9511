import type { ArrayWish } from '../../core/mesh-format.ts';
import type { ReadPlan, Stretch } from '../../core/read-plan.ts';
import type { LegacyArray, LegacyHeader } from './header-model.ts';
import { wantedArrays } from './read.ts';

/** Array of a mesh's points or cells, and whether meshes of as many cells differ by it. */
interface GeometryArray {
  readonly array: LegacyArray;
  readonly tells: boolean;
}

/** Plans which bytes of a BINARY file a read touches. Keyword lines are no part of it: they are in the header. */
export function planStretches(
  header: LegacyHeader,
  size: number,
  { attributes, geometry = true, pointArrays = true }: ArrayWish,
): ReadPlan {
  const names = attributes && new Set(attributes);
  const mesh = new Map(geometryArrays(header).map((each) => [each.array.start, each]));
  const { pointData, cellData, fieldData } = header;
  const wanted = new Set(
    [
      ...wantedArrays(fieldData, undefined, false),
      ...(pointArrays ? wantedArrays(pointData, names, geometry) : []),
      ...wantedArrays(cellData, names, geometry),
      ...(geometry ? [...mesh.values()].map(({ array }) => array) : []),
    ].map(({ start }) => start),
  );
  const sections = [pointData, cellData, fieldData].flatMap(({ arrays }) => [...arrays.values()]);
  const all = [...sections, ...[...mesh.values()].map(({ array }) => array)]
    .filter(({ start, end }) => end > start)
    .sort((a, b) => a.start - b.start);
  const stretches: Stretch[] = [];
  let at = all[0]?.start ?? size;
  for (let index = 0; index < all.length; index++) {
    const { start, end } = all[index] as LegacyArray;
    if (start > at) stretches.push({ start: at, end: start, wanted: false });
    const isMesh = mesh.has(start);
    // Arrays of the mesh that follow each other stay together, since whoever reads takes them all.
    let last = index;
    while (isMesh && last + 1 < all.length && mesh.has((all[last + 1] as LegacyArray).start)) last++;
    at = isMesh ? (all[last] as LegacyArray).end : end;
    const group = isMesh ? all.slice(index, last + 1) : [];
    stretches.push({
      start,
      end: at,
      wanted: wanted.has(start),
      ...(isMesh ? { mesh: describeMesh(header, group, mesh) } : {}),
    });
    index = last;
  }
  if (at < size) stretches.push({ start: at, end: size, wanted: false });
  return { stretches };
}

/** Lists the arrays that make up the mesh and hold values, in the order of the file. */
function geometryArrays({ points, cells, cellTypes }: LegacyHeader): readonly GeometryArray[] {
  const all: GeometryArray[] = [{ array: points, tells: true }];
  for (const group of cells) {
    if (group.style === 'listed') all.push({ array: group.list, tells: true });
    else all.push({ array: group.offsets, tells: false }, { array: group.connectivity, tells: true });
  }
  if (cellTypes !== undefined) all.push({ array: cellTypes, tells: false });
  return all.filter(({ array }) => array.end > array.start).sort((a, b) => a.array.start - b.array.start);
}

/**
 * Describes all that the header says of some arrays of the mesh but where they lie, and where those are that tell
 * meshes apart.
 */
function describeMesh(
  { kind, version, cells }: LegacyHeader,
  group: readonly LegacyArray[],
  mesh: ReadonlyMap<number, GeometryArray>,
): NonNullable<Stretch['mesh']> {
  const [first] = group;
  const said = group.map(({ name, type, tuples, start, end }) => [
    start - (first as LegacyArray).start,
    end - start,
    name,
    type,
    tuples,
  ]);
  const counts = cells.map(({ keyword, count, style }) => [keyword, count, style]);
  const telling = group.filter(({ start }) => mesh.get(start)?.tells === true);
  return {
    identity: JSON.stringify([kind, version, counts, said]),
    arrays: telling.map(({ start, end }) => ({ start, end })),
    hasTables: false,
  };
}
