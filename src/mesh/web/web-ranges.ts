import type { ReadPlan } from '../../core/read-plan.ts';
import type { ByteRange } from '../../core/source.ts';

/** Share of the wanted bytes that may lie in gaps and is thrown away. */
const GAP_SHARE = 0.01;
/** Ranges of a file, at the most: beyond, gaps of any size are fetched with what lies around them. */
const MAX_RANGES = 256;
/** Parts into which what is wanted is divided, about: several of them are under way at a time. */
const MAX_PARTS = 20;
/** Bytes of the parts of a long range, at the least. */
const MIN_PART_BYTES = 1024 ** 2;

/**
 * Lists the ranges by which what a plan wants is fetched, ascending: neighbours are joined, with small gaps between them,
 * and long ranges divided, so that several come at once.
 *
 * @param from - bytes before this offset are there
 */
export function rangesOf({ stretches }: ReadPlan, from: number): readonly ByteRange[] {
  const wanted: { start: number; end: number }[] = [];
  let total = 0;
  for (const stretch of stretches) {
    const start = Math.max(from, stretch.start);
    if (!stretch.wanted || stretch.end <= start) continue;
    total += stretch.end - start;
    const last = wanted.at(-1);
    if (last?.end === start) last.end = stretch.end;
    else wanted.push({ start, end: stretch.end });
  }
  const joined = joinGaps(wanted, total * GAP_SHARE);
  const partBytes = Math.max(MIN_PART_BYTES, Math.ceil(total / MAX_PARTS));
  return joined.flatMap((range) => divide(range, partBytes));
}

/** Joins ranges over the smallest gaps between them, as long as all of these take no more than `spare` bytes. */
function joinGaps(ranges: readonly ByteRange[], spare: number): readonly ByteRange[] {
  const gaps = ranges.slice(1).map(({ start }, index) => ({
    index: index + 1,
    bytes: start - (ranges[index] as ByteRange).end,
  }));
  let left = spare;
  let count = ranges.length;
  const closed = new Set<number>();
  for (const { index, bytes } of gaps.toSorted((a, b) => a.bytes - b.bytes)) {
    left -= bytes;
    if (left < 0 && count <= MAX_RANGES) break;
    closed.add(index);
    count--;
  }
  const joined: { start: number; end: number }[] = [];
  for (const [index, { start, end }] of ranges.entries()) {
    const last = joined.at(-1);
    if (last !== undefined && closed.has(index)) last.end = end;
    else joined.push({ start, end });
  }
  return joined;
}

function divide({ start, end }: ByteRange, partBytes: number): readonly ByteRange[] {
  const count = Math.max(1, Math.round((end - start) / partBytes));
  const at = (index: number): number => start + Math.floor(((end - start) * index) / count);
  return Array.from({ length: count }, (_, index) => ({ start: at(index), end: at(index + 1) }));
}
