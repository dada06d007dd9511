import { isVascuError } from '../core/errors.ts';
import type { MeshOptions, RandomAccess } from '../core/mesh.ts';
import type { ReadPlan, Stretch, WholeReason } from '../core/read-plan.ts';
import type { ByteRange } from '../core/source.ts';
import { FileWindow } from './vtk-xml/file-window.ts';
import { readHeader, TAIL_BYTES } from './vtk-xml/header.ts';
import type { ArrayInfo, PieceInfo, SectionName, VtkXmlHeader } from './vtk-xml/header-model.ts';

/** Sections of cells, and what says how many cells are in each. */
const CELL_SECTIONS = [
  ['Cells', 'cells'],
  ['Verts', 'verts'],
  ['Lines', 'lines'],
  ['Strips', 'strips'],
  ['Polys', 'polys'],
] as const satisfies readonly (readonly [SectionName, keyof PieceInfo['counts']])[];

/** The arrays of a section of cells that are read; the last two are those of polyhedra. */
const CELL_ARRAYS = ['connectivity', 'offsets', 'types', 'faces', 'faceoffsets'];

/**
 * Plans which bytes of a VTK XML file a read with `attributes` touches, from its header alone. What an appended array
 * takes is known from where the next one begins, also of a compressed one: its table of blocks is part of it.
 *
 * @returns the plan, or why there can be none: data stand `inline` between the tags, or the header is none that a plan
 * can be made from (`unplannable`: broken, or that of a file which only names others)
 */
export async function planRead(
  file: RandomAccess,
  options: Pick<MeshOptions, 'path' | 'attributes' | 'signal'> & {
    /** Whether points and cells are read as well. @defaultValue true */
    readonly geometry?: boolean | undefined;
  } = {},
): Promise<ReadPlan | Extract<WholeReason, 'inline' | 'unplannable'>> {
  const { path = 'mesh', attributes, geometry = true, signal } = options;
  let isInside = false;
  let header: VtkXmlHeader;
  try {
    header = await readHeader(new FileWindow(file, signal), path, {
      headOnly: true,
      onInline: (inside) => {
        isInside = inside;
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (isInside) return 'inline';
    if (isVascuError(error, 'FORMAT')) return 'unplannable';
    throw error;
  }
  const { appended, layout } = header;
  if (layout.type === 'PUnstructuredGrid' || layout.type === 'PPolyData') return 'unplannable';
  if (appended === undefined) return 'inline';
  const cuts = cutsOf(header, appended.start, file.size);
  const starts = new Set<number>();
  for (const { format, start } of wantedArrays(
    geometry ? header : withoutGeometry(header),
    attributes && new Set(attributes),
  )) {
    if (format === 'appended') starts.add(appended.start + start);
  }
  // The end is read to see that the file is not cut.
  const tail = file.size - TAIL_BYTES;
  let wanted = false;
  const stretches: Stretch[] = [];
  for (const { start, end, isArray } of cuts) {
    if (isArray) wanted = starts.has(start);
    stretches.push({ start, end, wanted: wanted || start >= tail });
  }
  return { stretches };
}

/** Where the data behind a header are cut: at the beginning of each array, and before the end of the file. */
function cutsOf(
  { fieldData, pieces }: VtkXmlHeader,
  base: number,
  size: number,
): (ByteRange & { readonly isArray: boolean })[] {
  const arrays = [
    ...fieldData.values(),
    ...pieces.flatMap(({ sections }) => [...sections.values()].flatMap((section) => [...section.values()])),
  ];
  const starts = new Set(
    arrays.filter(({ format }) => format === 'appended').map(({ start }) => base + start),
  );
  const all = new Set([base, ...starts, Math.max(base, size - TAIL_BYTES)]);
  const sorted = [...all].filter((start) => start < size).sort((a, b) => a - b);
  return sorted.map((start, index) => ({
    start,
    end: sorted[index + 1] ?? size,
    isArray: starts.has(start),
  }));
}

/** The arrays that a read of the whole mesh takes, but for data over points and cells that are not named. */
function* wantedArrays(
  { fieldData, pieces }: VtkXmlHeader,
  attributes: ReadonlySet<string> | undefined,
): Generator<ArrayInfo, void, void> {
  yield* fieldData.values();
  for (const { sections, counts } of pieces) {
    const points = sections.get('Points')?.values().next().value;
    if (points !== undefined && counts.points > 0) yield points;
    for (const [section, count] of CELL_SECTIONS) {
      if (counts[count] === 0) continue;
      for (const name of CELL_ARRAYS) {
        const info = sections.get(section)?.get(name);
        if (info !== undefined) yield info;
      }
    }
    for (const section of ['PointData', 'CellData'] as const) {
      for (const info of sections.get(section)?.values() ?? []) {
        if (info.type !== 'String' && attributes?.has(info.name) !== false) yield info;
      }
    }
  }
}

/** A header as if there were neither points nor cells, only data over them. */
function withoutGeometry(header: VtkXmlHeader): VtkXmlHeader {
  const pieces = header.pieces.map((piece) => {
    const data = [...piece.sections].filter(([name]) => name === 'PointData' || name === 'CellData');
    return { ...piece, sections: new Map(data) };
  });
  return { ...header, pieces };
}
