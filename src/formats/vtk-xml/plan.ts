import { isGhostArray } from '../../core/ghosts.ts';
import type { RandomAccess } from '../../core/mesh.ts';
import type { ArrayWish, PlanReason } from '../../core/mesh-format.ts';
import type { ReadPlan, Stretch } from '../../core/read-plan.ts';
import type { ByteRange } from '../../core/source.ts';
import { TAIL_BYTES } from './file-end.ts';
import {
  type ArrayInfo,
  type PieceInfo,
  POLYHEDRON_ARRAYS,
  type SectionName,
  type VtkXmlHeader,
} from './header-model.ts';
import { isCollection } from './header-summary.ts';

/** Sections of cells, and what says how many cells are in each. */
const CELL_SECTIONS = [
  ['Cells', 'cells'],
  ['Verts', 'verts'],
  ['Lines', 'lines'],
  ['Strips', 'strips'],
  ['Polys', 'polys'],
] as const satisfies readonly (readonly [SectionName, keyof PieceInfo['counts']])[];

/** The arrays of a section of cells that are read. */
const CELL_ARRAYS: readonly string[] = ['connectivity', 'offsets', 'types', ...POLYHEDRON_ARRAYS];

/**
 * Plans which bytes of a VTK XML file a read touches, from its header alone. What an appended array takes is known from
 * where the next one begins, also of a compressed one: its table of blocks is part of it.
 *
 * @returns the plan, or why there can be none: data stand `inline` between the tags, or the file only names others
 * (`unplannable`)
 */
export async function planStretches(
  file: RandomAccess,
  header: VtkXmlHeader,
  { attributes, geometry = true, pointArrays = true }: ArrayWish,
  signal: AbortSignal | undefined,
): Promise<ReadPlan | PlanReason> {
  const { appended } = header;
  if (isCollection(header)) return 'unplannable';
  if (appended === undefined) return 'inline';
  const wantedStarts = new Set<number>();
  const read = geometry ? header : withoutGeometry(header);
  const names = attributes && new Set(attributes);
  for (const { format, start } of wantedArrays(read, names, { geometry, pointArrays })) {
    if (format === 'appended') wantedStarts.add(appended.start + start);
  }
  let cuts = knownCuts.get(header);
  if (cuts === undefined) {
    cuts = await cutFile(file, header, appended, signal);
    knownCuts.set(header, cuts);
  }
  // The end is read to see that the file is not cut.
  const tail = file.size - TAIL_BYTES;
  const stretches = cuts.map(({ array, stretch }): Stretch => {
    const wanted = array !== undefined && wantedStarts.has(array);
    return { ...stretch, wanted: wanted || stretch.start >= tail };
  });
  return { stretches };
}

/** Stretch of a file, and where the array begins that it is of. */
interface Cut {
  readonly array: number | undefined;
  readonly stretch: Omit<Stretch, 'wanted'>;
}

/** Places where files are cut, by their headers, for whoever plans other reads of the same one. */
const knownCuts = new WeakMap<VtkXmlHeader, readonly Cut[]>();

/** Cuts a file, whatever is wanted of it. */
async function cutFile(
  file: RandomAccess,
  header: VtkXmlHeader,
  appended: NonNullable<VtkXmlHeader['appended']>,
  signal: AbortSignal | undefined,
): Promise<readonly Cut[]> {
  const mesh = await describeMesh(file, header, appended, signal);
  const hasTables = header.layout.compressor !== undefined;
  const cuts: Cut[] = [];
  for (const { start, end, array } of cutsOf(header, appended.start, file.size, mesh)) {
    const arrays = [...mesh].filter(([at]) => start <= at && at < end);
    const identity = JSON.stringify([end - start, arrays.map(([at, { text }]) => [at - start, text])]);
    const telling = arrays.flatMap(([at, { tells }], index) =>
      tells ? [{ start: at, end: arrays[index + 1]?.[0] ?? end }] : [],
    );
    const ofMesh = mesh.has(start) ? { mesh: { identity, arrays: telling, hasTables } } : {};
    cuts.push({ array, stretch: { start, end, ...ofMesh } });
  }
  return cuts;
}

/** Bytes in which the tag of an array is looked for. */
const TAG_BYTES = 4096;

/** A tag of an array up to its end, and what it says of where the data are. */
const TAG = /^<(?:"[^"]*"|'[^']*'|[^"'>])*>/;
const OFFSET = /\soffset\s*=\s*(?:"[^"]*"|'[^']*')/;

/** Names of the arrays by which meshes of as many cells differ, besides their points. */
const TELLING: ReadonlySet<string> = new Set([
  'connectivity',
  'faces',
  'face_connectivity',
  'polyhedron_to_faces',
]);

/** An array of the mesh. */
interface MeshArray {
  /** Text of all that the header says of it but where it lies. */
  readonly text: string;
  /** True when meshes differ by it. */
  readonly tells: boolean;
}

/** Describes all that the header says of each array of the mesh, by where in the file the array begins, ascending. */
async function describeMesh(
  file: RandomAccess,
  { layout, pieces }: VtkXmlHeader,
  { start: base, encoding }: NonNullable<VtkXmlHeader['appended']>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, MeshArray>> {
  const { type, byteOrder, headerWidth, compressor } = layout;
  const found = new Map<number, MeshArray>();
  for (const [index, piece] of pieces.entries()) {
    for (const { section, info } of meshArrays(piece)) {
      if (info.format !== 'appended') continue;
      const length = Math.min(TAG_BYTES, base - info.tagOffset);
      const bytes = await file.read(info.tagOffset, length, signal);
      const tag = TAG.exec(new TextDecoder().decode(bytes))?.[0].replace(OFFSET, '') ?? '';
      const at = base + info.start;
      const text = JSON.stringify([
        [type, byteOrder, headerWidth, compressor, encoding],
        [index, piece.counts, section, info.name, info.type, info.components],
        tag,
      ]);
      const before = found.get(at);
      const tells = before?.tells === true || section === 'Points' || TELLING.has(info.name);
      found.set(at, { text: `${before?.text ?? ''}${text}`, tells });
    }
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/**
 * Yields where the data behind a header are cut: at the beginning of each array, and before the end of the file. Arrays
 * of the mesh that follow each other stay together, since whoever reads takes them all.
 */
function* cutsOf(
  { fieldData, pieces }: VtkXmlHeader,
  base: number,
  size: number,
  mesh: ReadonlyMap<number, unknown>,
): Generator<ByteRange & { readonly array: number | undefined }, void, void> {
  const arrays = [
    ...fieldData.values(),
    ...pieces.flatMap(({ sections }) => [...sections.values()].flatMap((section) => [...section.values()])),
  ];
  const starts = new Set(
    arrays.filter(({ format }) => format === 'appended').map(({ start }) => base + start),
  );
  const tail = Math.max(base, size - TAIL_BYTES);
  const all = new Set([base, ...starts, tail]);
  // The end is always read: it stays in one piece.
  const sorted = [...all].filter((start) => start <= tail).sort((a, b) => a - b);
  let array: number | undefined;
  let from = base;
  for (const [index, start] of sorted.entries()) {
    if (starts.has(start)) array = start;
    const next = sorted[index + 1];
    if (next !== undefined && mesh.has(start) && mesh.has(next)) continue;
    yield { start: from, end: next ?? size, array };
    from = next ?? size;
  }
}

/** Yields the arrays of a piece that make up its mesh. */
function* meshArrays({
  sections,
  counts,
}: PieceInfo): Generator<{ readonly section: SectionName; readonly info: ArrayInfo }, void, void> {
  const points = sections.get('Points')?.values().next().value;
  if (points !== undefined && counts.points > 0) yield { section: 'Points', info: points };
  for (const [section, count] of CELL_SECTIONS) {
    if (counts[count] === 0) continue;
    for (const name of CELL_ARRAYS) {
      const info = sections.get(section)?.get(name);
      if (info !== undefined) yield { section, info };
    }
  }
}

/**
 * Yields the arrays that a read of the whole mesh takes, but for data over points and cells that are not named.
 *
 * @param wish.geometry - whether arrays that mark ghosts are taken without being named
 */
function* wantedArrays(
  { fieldData, pieces }: VtkXmlHeader,
  attributes: ReadonlySet<string> | undefined,
  { geometry, pointArrays }: Pick<ArrayWish, 'geometry' | 'pointArrays'>,
): Generator<ArrayInfo, void, void> {
  yield* fieldData.values();
  for (const piece of pieces) {
    for (const { info } of meshArrays(piece)) yield info;
    const { sections } = piece;
    for (const section of ['PointData', 'CellData'] as const) {
      if (section === 'PointData' && pointArrays === false) continue;
      for (const info of sections.get(section)?.values() ?? []) {
        if (attributes?.has(info.name) !== false || (geometry === true && isGhostArray(info.name)))
          yield info;
      }
    }
  }
}

/** Makes a header as if there were neither points nor cells, only data over them. */
function withoutGeometry(header: VtkXmlHeader): VtkXmlHeader {
  const pieces = header.pieces.map((piece) => {
    const data = [...piece.sections].filter(([name]) => name === 'PointData' || name === 'CellData');
    return { ...piece, sections: new Map(data) };
  });
  return { ...header, pieces };
}
