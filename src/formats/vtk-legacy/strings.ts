import type { RandomAccess } from '../../core/mesh.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import type { LegacyArray, LegacyHeader } from './header-model.ts';
import { decodePercent, decodeText } from './names.ts';
import { lengthBytes, readLength } from './string-lengths.ts';

/** Strings decoded between two looks at the clock. */
const STEP_STRINGS = 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** File whose strings are read. */
export interface StringContext {
  readonly file: RandomAccess;
  readonly encoding: LegacyHeader['encoding'];
  readonly slice: TimeSlice;
  readonly signal: AbortSignal | undefined;
}

/** Reads the first `count` strings of an array, all of which are there: that was seen when it was passed over. */
export async function readStrings(
  { file, encoding, slice, signal }: StringContext,
  { start, end }: LegacyArray,
  count: number,
): Promise<readonly string[]> {
  const bytes = await file.read(start, end - start, signal);
  const strings: string[] = [];
  for (let at = 0; strings.length < count; ) {
    if (encoding === 'binary') {
      const from = at + lengthBytes(bytes[at] as number);
      at = from + readLength(bytes, at);
      strings.push(decodeText(bytes.subarray(from, at)));
    } else {
      const found = bytes.indexOf(LINE_FEED, at);
      const lineEnd = found < 0 ? bytes.length : found;
      const isCrLf = lineEnd > at && bytes[lineEnd - 1] === CARRIAGE_RETURN;
      strings.push(decodePercent(bytes.subarray(at, isCrLf ? lineEnd - 1 : lineEnd)));
      at = lineEnd + 1;
    }
    if (strings.length % STEP_STRINGS === 0) await slice.pause();
  }
  return strings;
}
