import { expect } from 'vitest';
import { isSpace, WordCounter } from '../../../src/formats/vtk-legacy/word-skip.ts';
import { fc, test } from '../../property.ts';

/** Bytes of which many are white space, some below a space and some above ASCII. */
const bytes = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(32, 10, 49, 46, 101, 45) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
  ),
  { maxLength: 80 },
);

/** Offset behind each word that ends in white space. */
function endsOf(text: readonly number[]): number[] {
  return [...text.keys()].filter((at) => at > 0 && isSpace(text[at] ?? 0) && !isSpace(text[at - 1] ?? 0));
}

test(
  'words are passed over to the end of the last one, wherever parts begin and end in memory',
  [bytes, fc.integer({ min: 1, max: 30 }), fc.array(fc.integer({ min: 1, max: 20 })), fc.nat(3)],
  (text, count, lengths, shift) => {
    const memory = new Uint8Array(shift + text.length);
    memory.set(text, shift);
    const counter = new WordCounter(count);
    let at = 0;
    for (let part = 0; at < text.length && counter.left > 0; part++) {
      const length = lengths[part] ?? text.length;
      const taken = memory.subarray(shift + at, Math.min(shift + at + length, memory.length));
      at += counter.take(taken);
    }
    const ends = endsOf(text);
    expect(counter.left).toBe(Math.max(0, count - ends.length));
    expect(at).toBe(ends[count - 1] ?? text.length);
    if (counter.left > 0) expect(counter.isInside).toBe(text.length > 0 && !isSpace(text.at(-1) ?? 0));
  },
);
