import type { NumericType } from '../../core/array-type.ts';
import { FormatError, NotFoundError } from '../../core/errors.ts';
import { isGhostArray } from '../../core/ghosts.ts';
import type { Cells, LeftOutArray, MeshArray, MeshArrays, SectionDetails, Tensor } from '../../core/mesh.ts';
import { emptyArray, type Form, formOf, joinStrings, joinTensors, type Rows } from '../arrays/join-arrays.ts';
import type { ArraySelection } from '../arrays/wanted-values.ts';
import type { Declared, DeclaredArray } from './header-model.ts';
import type { Piece } from './piece-reader.ts';

/** Cells `start … end − 1` of a piece. */
interface CellRange {
  readonly piece: Piece;
  readonly start: number;
  readonly end: number;
}

/** A piece, and how messages call it. */
export interface NamedPiece {
  readonly name: string;
  readonly piece: Piece;
}

/** Options of the joining of pieces. */
export interface JoinOptions {
  /** Name of the file in error messages. */
  readonly path: string;
  /** Declarations of the file for its pieces, where it names others: only these arrays, in these types. */
  readonly declared?: Declared | undefined;
  /** Arrays that are wanted: one that is named and cannot be had is an error. */
  readonly wanted: ArraySelection;
  readonly onLeftOut: (array: LeftOutArray) => void;
}

/**
 * Joins pieces to one mesh: points in the order of the pieces; cells too, but group by group, so that PolyData
 * keeps the order verts, lines, polys, strips. Pieces without points need not have the arrays over points, those without
 * cells not the ones over cells. An array that another piece lacks, or has with another number of components, is left
 * out, whatever the order of the pieces; one that pieces have in several types is converted.
 *
 * @throws NotFoundError when an array that is wanted is not in every piece
 */
export function joinPieces(pieces: readonly NamedPiece[], options: JoinOptions): Piece {
  const { path, declared } = options;
  const [any] = pieces;
  if (any === undefined) throw new FormatError('has no pieces', { path });
  if (pieces.length === 1 && declared === undefined) return any.piece;
  const filled = pieces.filter(({ piece }) => piece.points.data.length > 0 || piece.cells.types.length > 0);
  const joined = filled.map(({ piece }) => piece);
  const [first = any.piece, ...others] = joined;
  const ranges = others.length === 0 ? [wholeRange(first)] : rangesOf(joined);
  const pointRanges = joined.map((piece) => ({ piece, start: 0, end: piece.points.shape[0] as number }));
  const lacking: LeftOutArray[] = [];
  const pointData = joinSection('pointData', { pieces, ranges: pointRanges, options, lacking });
  const cellData = joinSection('cellData', { pieces, ranges, options, lacking });
  for (const array of lacking) {
    const isThere = pointData.arrays.has(array.name) || cellData.arrays.has(array.name);
    if (options.wanted.names?.has(array.name) === true && !isThere) {
      const why =
        array.reason === 'piece'
          ? `its piece ${array.what} lacks it`
          : `its piece ${array.what} has it in another form, with other components`;
      throw new NotFoundError(`${path} has no array "${array.name}" for all of its mesh: ${why}.`);
    }
    options.onLeftOut(array);
  }
  const details = { pointData: pointData.details, cellData: cellData.details };
  const data = { pointData: pointData.arrays, cellData: cellData.arrays, details };
  const points = joinPoints(pointRanges, first, declared?.pointType);
  if (others.length === 0) return { ...first, points, ...data };
  return {
    points,
    cells: joinCells(joined, ranges),
    groups: first.groups.map((_, group) =>
      joined.reduce((sum, { groups }) => sum + (groups[group] as number), 0),
    ),
    ...data,
  };
}

function wholeRange(piece: Piece): CellRange {
  return { piece, start: 0, end: piece.cells.types.length };
}

/** Lists the cells of the pieces in the order in which they are joined. */
function rangesOf(pieces: readonly Piece[]): readonly CellRange[] {
  return (pieces[0] as Piece).groups.flatMap((_, group) =>
    pieces.map((piece) => {
      const start = piece.groups.slice(0, group).reduce((sum, count) => sum + count, 0);
      return { piece, start, end: start + (piece.groups[group] as number) };
    }),
  );
}

interface SectionRequest {
  readonly pieces: readonly NamedPiece[];
  /** Rows of pieces that follow each other. */
  readonly ranges: readonly CellRange[];
  readonly options: JoinOptions;
  /** List that gets the arrays that are not in every piece. */
  readonly lacking: LeftOutArray[];
}

/** Joins the arrays of a section. */
function joinSection(
  section: 'pointData' | 'cellData',
  { pieces, ranges: all, options, lacking }: SectionRequest,
): { readonly arrays: MeshArrays; readonly details: SectionDetails } {
  const ranges = all.filter(({ start, end }) => end > start);
  const having = new Set(ranges.map(({ piece }) => piece));
  // What no piece has values of is there all the same, without any.
  const asked = having.size > 0 ? pieces.filter(({ piece }) => having.has(piece)) : [];
  const declared = options.declared?.[section === 'pointData' ? 'PointData' : 'CellData'];
  const holders = holdersOf(section, pieces, having);
  const arrays = new Map<string, MeshArray>();
  const isRead = section === 'cellData' || options.wanted.pointArrays;
  for (const name of isRead ? (declared?.keys() ?? holders.keys()) : []) {
    const rule = declared?.get(name);
    const isNamed = options.wanted.names?.has(name) !== false;
    if (!isNamed && !isGhostArray(name)) continue;
    if (rule?.type === 'String' && !options.wanted.strings) continue;
    const { some, forms } = holders.get(name) ?? NO_HOLDERS;
    const counts = formThatCounts(
      forms.map(({ form }) => form),
      rule,
    );
    const lacks = firstLacking(forms, asked.length, counts);
    if (lacks !== undefined) {
      const on = section === 'pointData' ? 'node' : 'cell';
      const what = (asked[lacks.piece] as NamedPiece).name;
      lacking.push({ name, on, reason: lacks.reason, what });
      continue;
    }
    const type = rule?.type === 'String' ? undefined : rule?.type;
    const rows = ranges.map(({ piece, start, end }) => ({
      array: piece[section].get(name) as MeshArray,
      start,
      end,
    }));
    // What has no values at all has a type nevertheless.
    const form = forms[0]?.form ?? (some && formIn(some, section, name)) ?? formDeclared(rule);
    const empty = some?.[section].get(name) ?? emptyArray(form, type);
    if (rows.length === 0) rows.push({ array: empty, start: 0, end: 0 });
    if (form.strings) arrays.set(name, joinStrings(rows, form.width));
    else arrays.set(name, joinTensors(rows as readonly Rows<Tensor>[], form.width, type));
  }
  return { arrays, details: joinDetails(section, pieces, options.declared) };
}

/** Holders of an array. */
interface Holders {
  /** The first piece that has it. */
  readonly some?: Piece;
  /** Forms of it in the pieces that have values in the section, in their order. */
  readonly forms: { readonly piece: number; readonly form: Form }[];
}

const NO_HOLDERS: Holders = { forms: [] };

/**
 * Finds the arrays of the pieces by their names. There may be as many names as arrays, so that nothing goes through all
 * pieces for each name.
 *
 * @param having - the pieces that have values in the section
 */
function holdersOf(
  section: 'pointData' | 'cellData',
  pieces: readonly NamedPiece[],
  having: ReadonlySet<Piece>,
): ReadonlyMap<string, Holders> {
  const found = new Map<string, Holders>();
  let number = 0;
  for (const { piece } of pieces) {
    for (const name of piece[section].keys()) {
      let holders = found.get(name);
      if (holders === undefined) found.set(name, (holders = { some: piece, forms: [] }));
      const form = having.has(piece) ? formIn(piece, section, name) : undefined;
      if (form !== undefined) holders.forms.push({ piece: number, form });
    }
    if (having.has(piece)) number++;
  }
  return found;
}

/** Finds the first of `count` pieces that lacks an array, or has it in another form than the one that counts. */
function firstLacking(
  forms: Holders['forms'],
  count: number,
  counts: Form | undefined,
): { readonly piece: number; readonly reason: 'piece' | 'form' } | undefined {
  for (let piece = 0; piece < count; piece++) {
    const holder = forms[piece];
    // A piece that lacks it shows as a later one in its place.
    if (holder?.piece !== piece) return { piece, reason: 'piece' };
    if (!isSame(holder.form, counts)) return { piece, reason: 'form' };
  }
  return undefined;
}

function formIn(piece: Piece, section: 'pointData' | 'cellData', name: string): Form | undefined {
  const details = piece.details[section].arrays.get(name);
  return formOf(piece[section].get(name), details?.stringsInTuple);
}

function formDeclared(rule: DeclaredArray | undefined): Form {
  return { width: rule?.components ?? 1, strings: rule?.type === 'String' };
}

/**
 * Finds the form that an array must have in all pieces: that of the first, or the declared one where they differ and
 * some piece has it. Some writers do not declare the number of components, so that does not count where all pieces
 * agree.
 */
function formThatCounts(forms: readonly Form[], rule: DeclaredArray | undefined): Form | undefined {
  const [first] = forms;
  if (rule?.type === undefined) return first;
  const declared = formDeclared(rule);
  if (forms.some((form) => isSame(form, declared))) return declared;
  return first?.strings === declared.strings ? first : declared;
}

function isSame(a: Form, b: Form | undefined): boolean {
  return a.width === b?.width && a.strings === b.strings;
}

/** Joins the names of components and active arrays: as declared, else as the first piece that has arrays says. */
function joinDetails(
  section: 'pointData' | 'cellData',
  pieces: readonly NamedPiece[],
  declared: Declared | undefined,
): SectionDetails {
  const own = pieces.map(({ piece }) => piece.details[section]);
  const [first] = own;
  const arrays = new Map(own.toReversed().flatMap((each) => [...each.arrays]));
  if (declared === undefined)
    return {
      arrays,
      active: own.find(({ active }) => active.size > 0)?.active ?? first?.active ?? new Map(),
    };
  const key = section === 'pointData' ? 'PointData' : 'CellData';
  for (const [name, { details }] of declared[key]) {
    if (details === undefined) continue;
    // How many strings there are in a tuple only the pieces know.
    const { stringsInTuple: _, ...said } = details;
    arrays.set(name, { ...arrays.get(name), ...said });
  }
  return { arrays, active: declared.active.get(key) ?? new Map() };
}

function joinPoints(
  ranges: readonly CellRange[],
  first: Piece,
  declared: NumericType | 'String' | undefined,
): Piece['points'] {
  const type = declared === 'Float32' || declared === 'Float64' ? declared : undefined;
  const rows = ranges.map(({ piece, start, end }) => ({ array: piece.points, start, end }));
  return rows.length === 0 ? first.points : (joinTensors(rows, 3, type) as Piece['points']);
}

function joinCells(pieces: readonly Piece[], ranges: readonly CellRange[]): Cells {
  const firstPoint = new Map<Piece, number>();
  let points = 0;
  for (const piece of pieces) {
    firstPoint.set(piece, points);
    points += piece.points.shape[0] as number;
  }
  const count = pieces.reduce((sum, { cells }) => sum + cells.types.length, 0);
  const types = new Uint8Array(count);
  const offsets = new Int32Array(count + 1);
  const connectivity = new Int32Array(pieces.reduce((sum, { cells }) => sum + cells.connectivity.length, 0));
  let cell = 0;
  let at = 0;
  for (const { piece, start, end } of ranges) {
    const { cells } = piece;
    const base = firstPoint.get(piece) as number;
    types.set(cells.types.subarray(start, end), cell);
    const from = cells.offsets[start] as number;
    const to = cells.offsets[end] as number;
    for (let index = start + 1; index <= end; index++)
      offsets[++cell] = at + (cells.offsets[index] as number) - from;
    for (let index = from; index < to; index++)
      connectivity[at++] = (cells.connectivity[index] as number) + base;
  }
  const joined = { types, connectivity, offsets };
  return pieces.some(({ cells }) => cells.faces !== undefined)
    ? { ...joined, ...joinFaces(pieces, firstPoint) }
    : joined;
}

/** Joins the faces of polyhedra; these occur in UnstructuredGrid only, where there is one group of cells. */
function joinFaces(
  pieces: readonly Piece[],
  firstPoint: ReadonlyMap<Piece, number>,
): Pick<Cells, 'faces' | 'faceOffsets'> {
  const faces = new Int32Array(pieces.reduce((sum, { cells }) => sum + (cells.faces?.length ?? 0), 0));
  const faceOffsets = new Int32Array(pieces.reduce((sum, { cells }) => sum + cells.types.length, 0)).fill(-1);
  let cell = 0;
  let start = 0;
  for (const piece of pieces) {
    const { cells } = piece;
    const base = firstPoint.get(piece) as number;
    let at = 0;
    for (let index = 0; index < cells.types.length; index++, cell++) {
      const end = cells.faceOffsets?.[index] ?? -1;
      if (end < 0 || cells.faces === undefined) continue;
      faceOffsets[cell] = start + end;
      let faceCount = (faces[start + at] = cells.faces[at] as number);
      for (at++; faceCount > 0; faceCount--) {
        const size = (faces[start + at] = cells.faces[at] as number);
        at++;
        for (const last = at + size; at < last; at++) faces[start + at] = (cells.faces[at] as number) + base;
      }
    }
    start += cells.faces?.length ?? 0;
  }
  return { faces, faceOffsets };
}
