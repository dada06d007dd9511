import type { ArrayType, NumericType } from '../../core/array-type.ts';
import type { LeftOutArray } from '../../core/mesh.ts';
import type { ArrayHeader, DeclaredHeader } from '../../core/mesh-format.ts';
import { commonType } from '../arrays/join-arrays.ts';
import { isAlike, joinRanges } from '../arrays/join-headers.ts';
import type { ArrayInfo, PieceInfo, VtkXmlHeader } from './header-model.ts';

/** Sections of arrays over points and cells, and what they have values of. */
const SECTIONS = [
  ['PointData', 'node', 'points'],
  ['CellData', 'cell', 'cells'],
] as const;

/** Lists the arrays that a header names, but for points and cells, and what of them a mesh will not have. */
export function arrayHeaders(header: VtkXmlHeader): {
  readonly arrays: readonly ArrayHeader[];
  readonly leftOut: readonly LeftOutArray[];
} {
  const { pieces, fieldData, extras } = header;
  const arrays: ArrayHeader[] = [];
  const leftOut: LeftOutArray[] = [];
  for (const [section, on, count] of SECTIONS) {
    // A piece without points has no say.
    const filled = pieces.filter(({ counts }) => counts[count] > 0);
    const asked = filled.length > 0 ? filled : pieces.slice(0, 1);
    const numbers = new Map(pieces.map((piece, index) => [piece, index + 1]));
    for (const [name, holders] of holdersOf(asked, section)) {
      const first = holders.find(({ info }) => info.type !== undefined)?.info;
      // That its type is none that is read is one of the extras.
      if (first?.type === undefined) continue;
      const wrong = firstWrong(holders, asked.length, first as KnownArray);
      if (wrong === undefined) {
        arrays.push(joinInfos(on, holders.map(({ info }) => info) as KnownArray[]));
        continue;
      }
      const number = numbers.get(asked[wrong.piece] as PieceInfo);
      leftOut.push({ name, on, reason: wrong.reason, what: `number ${number}` });
    }
  }
  for (const { name, type, components, range } of fieldData.values())
    if (type !== undefined) arrays.push({ name, on: 'field', type, components, range });
  return { arrays, leftOut: [...leftOut, ...extras] };
}

/** An array of one of some pieces, and which of them it is. */
interface Holder {
  readonly piece: number;
  readonly info: ArrayInfo;
}

/** Finds the arrays of a section by their names, in the order of the pieces: there may be as many names as arrays. */
function holdersOf(
  pieces: readonly PieceInfo[],
  section: 'PointData' | 'CellData',
): ReadonlyMap<string, readonly Holder[]> {
  const found = new Map<string, Holder[]>();
  for (const [piece, { sections }] of pieces.entries()) {
    for (const [name, info] of sections.get(section) ?? []) {
      const holders = found.get(name);
      if (holders === undefined) found.set(name, [{ piece, info }]);
      else holders.push({ piece, info });
    }
  }
  return found;
}

/** Finds the first of `count` pieces that lacks the array, or has another one than `first`. */
function firstWrong(
  holders: readonly Holder[],
  count: number,
  first: KnownArray,
): { readonly piece: number; readonly reason: 'piece' | 'form' } | undefined {
  for (let piece = 0; piece < count; piece++) {
    const holder = holders[piece];
    // Holders are in the order of the pieces, so that a gap shows as a later piece.
    if (holder?.piece !== piece || holder.info.type === undefined) return { piece, reason: 'piece' };
    if (!isAlike(holder.info as KnownArray, first)) return { piece, reason: 'form' };
  }
  return undefined;
}

/** Lists the arrays that a header declares for its pieces. */
export function declaredHeaders({ declared }: VtkXmlHeader): readonly DeclaredHeader[] {
  return SECTIONS.flatMap(([section, on]) =>
    [...declared[section]].map(([name, { type, components }]) => ({ name, on, type, components })),
  );
}

/** An array whose type is one that is read. */
type KnownArray = ArrayInfo & { readonly type: ArrayType };

/** Tells the type of the values when they are read. */
function typeOfValues(type: Exclude<ArrayType, 'String'>): NumericType {
  return type === 'Bit' ? 'UInt8' : type;
}

function joinTypes(a: ArrayType, b: ArrayType): ArrayType {
  if (a === b) return a;
  return a === 'String' || b === 'String' ? 'String' : commonType(typeOfValues(a), typeOfValues(b));
}

function joinInfos(on: ArrayHeader['on'], infos: readonly KnownArray[]): ArrayHeader {
  return infos
    .map(({ name, type, components, range }): ArrayHeader => ({ name, on, type, components, range }))
    .reduce((joined, { type, range }) => ({
      ...joined,
      type: joinTypes(joined.type, type),
      range: joinRanges(joined.range, range),
    }));
}
