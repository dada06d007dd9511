import type { ArrayHeader } from '../../core/mesh-format.ts';

/** Says whether two arrays can be joined. */
export function isAlike(
  a: Pick<ArrayHeader, 'type' | 'components'>,
  b: Pick<ArrayHeader, 'type' | 'components'>,
): boolean {
  return a.components === b.components && (a.type === 'String') === (b.type === 'String');
}

/** Joins the ranges of both, where both are known. */
export function joinRanges(a: ArrayHeader['range'], b: ArrayHeader['range']): ArrayHeader['range'] {
  return a === undefined || b === undefined ? undefined : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
}
