import { type ArrayMeasure, joinMeasures } from '../core/array-measure.ts';
import { leftOutKey } from '../core/left-out-arrays.ts';
import type { LeftOutArray } from '../core/mesh.ts';
import type { ArrayHeader, DeclaredHeader, MeshHeader } from '../core/mesh-format.ts';
import { isAlike, joinRanges } from '../formats/arrays/join-headers.ts';

/** Description of an array, as far as it is known without reading all of its mesh. */
export interface MeasuredArray extends ArrayHeader {
  /** Measures of its values, where they were read. */
  readonly measure?: ArrayMeasure | undefined;
}

/** Description of how a mesh file and its pieces are stored, and the ranges of its arrays. */
export interface MeasuredHeader extends MeshHeader {
  readonly arrays: readonly MeasuredArray[];
}

/** Joins the arrays of a mesh whose pieces lie in other files, and tells what of them it will not have. */
export function joinArrays(
  { declared, pieceFiles, arrays: ownArrays, leftOut: own }: MeasuredHeader,
  pieces: readonly MeasuredHeader[],
): { readonly arrays: readonly MeasuredArray[]; readonly leftOut: readonly LeftOutArray[] } {
  const arrays: MeasuredArray[] = [];
  const leftOut = [...own];
  const rules = new Set(declared.map(keyOf));
  const indexed = pieces.map((piece, index) => ({
    index,
    piece,
    byKey: new Map(piece.arrays.map((array) => [keyOf(array), array])),
  }));
  for (const rule of declared) {
    const { name, on } = rule;
    const filled = indexed.filter(
      ({ piece: { points = 0, cells = 0 } }) => (on === 'node' ? points : cells) > 0,
    );
    const found = filled.map(({ byKey }) => byKey.get(keyOf(rule)));
    const known = found.filter((array) => array !== undefined);
    const first =
      known.find((array) => isAlike(array, { type: rule.type ?? array.type, components: rule.components })) ??
      known[0];
    const wrong = found.findIndex((array) => array === undefined || !isAlike(array, first ?? array));
    if (wrong < 0) arrays.push(joinFound(rule, known));
    else {
      const what = pieceFiles[filled[wrong]?.index ?? 0];
      leftOut.push({ name, on, reason: found[wrong] === undefined ? 'piece' : 'form', what });
    }
  }
  // Arrays of the whole mesh are those of the last file that has them.
  const fields = new Map(ownArrays.filter(({ on }) => on === 'field').map((array) => [array.name, array]));
  for (const [index, piece] of pieces.entries()) {
    for (const array of piece.arrays) {
      const { name, on } = array;
      if (on === 'field') fields.set(name, array);
      else if (!rules.has(keyOf(array)))
        leftOut.push({ name, on, reason: 'undeclared', what: pieceFiles[index] });
    }
    for (const array of piece.leftOut)
      if (array.on === 'field' || rules.has(keyOf(array))) leftOut.push(array);
  }
  return { arrays: [...arrays, ...fields.values()], leftOut: eachOnce(leftOut) };
}

function keyOf({ name, on }: Pick<ArrayHeader, 'name' | 'on'>): string {
  return `${on} ${name}`;
}

function joinFound(
  { name, on, type, components }: DeclaredHeader,
  all: readonly MeasuredArray[],
): MeasuredArray {
  const [first = { name, on, type: type ?? 'Float64', components, range: undefined }, ...others] = all;
  const joined = others.reduce<MeasuredArray>(
    (before, { range, measure }) => ({
      ...before,
      range: joinRanges(before.range, range),
      measure: before.measure && measure && joinMeasures(before.measure, measure),
    }),
    first,
  );
  if (type === undefined) return joined;
  const { range } = joined;
  // Where pieces have decimal numbers and whole ones are declared, the range is that of their whole parts.
  const isCut = range !== undefined && components === 1 && type !== 'String' && !type.startsWith('Float');
  return { ...joined, type, range: isCut ? [Math.trunc(range[0]), Math.trunc(range[1])] : range };
}

/** Lists each thing once, told of the first piece. */
function eachOnce(leftOut: readonly LeftOutArray[]): readonly LeftOutArray[] {
  return [...new Map(leftOut.toReversed().map((array) => [leftOutKey(array), array])).values()].toReversed();
}
