import { describe, expect, test } from 'vitest';
import { glyphOf, lettersOf } from '../../src/render/stroke-font.ts';
import { drawText, textWidth } from '../../src/render/text.ts';

const box = JSON.stringify(glyphOf('\u{10ffff}').strokes);
const isBox = (letter: string): boolean => JSON.stringify(glyphOf(letter).strokes) === box;

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCodePoint(from + at));

describe('letters of the stroke font', () => {
  test.each<[string, readonly string[]]>([
    ['ASCII', range(0x20, 0x7e)],
    ['Latin-1', range(0xa0, 0xff).filter((letter) => letter !== '\u00ad')],
    ['capital Greek letters', [...'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ', ...'ΆΈΉΊΌΎΏΪΫ']],
    ['small Greek letters', [...'αβγδεζηθικλμνξοπρστυφχψωςϕϑϵ', ...'άέήίόύώϊϋΐΰ']],
    ['Latin letters with marks', [...'ČčŠšŽžŘřŮůŐőŰűĄąĘęŞşĞğİıŁłŒœŸĀāĒēŃńŚśŹźŻżȘșȚț']],
    ['signs', [...'–—−“”„‘’‚«»‹›…•°±×÷·≤≥≈≠∞√∂∇∫→←′″‰€µ∆∑']],
    ['raised and lowered figures', [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ₀₁₂₃₄₅₆₇₈₉₊₋½¼¾']],
    ['letters with marks that have no code of their own', ['x\u0304', 'v\u20d7', 'q\u0307', 'ρ\u0304']],
  ])('%s are no boxes', (_, letters) => {
    expect(letters.filter(isBox)).toEqual([]);
  });

  test('a letter that is not known is a box', () => {
    expect(['日', 'Ж'].map(isBox)).toEqual([true, true]);
  });

  test('differ from each other as they are drawn, 250 of them pairwise', () => {
    const letters = [
      ...range(0x21, 0x7e),
      ...range(0xa1, 0xff),
      ...range(0x391, 0x3a9).filter((letter) => letter !== '\u03a2'),
      ...range(0x3b1, 0x3c9),
      ...'–—−“”„‘’‚…•≤≥≈≠∞√∂∇∫→←′″‰€∆∑‹›',
    ];
    expect(letters.length).toBeGreaterThan(250);
    const size = 16;
    const drawn = letters.map((letter) => {
      const image = { width: 32, height: 32, data: new Uint8ClampedArray(4 * 32 * 32).fill(255) };
      drawText(image, letter, 2, 16, { size, color: [0, 0, 0] });
      return image.data;
    });
    const alike = letters.flatMap((letter, one) =>
      letters
        .slice(0, one)
        .filter((_, other) => {
          const ink = (drawn[one] as Uint8ClampedArray).reduce(
            (sum, value, at) =>
              sum +
              (at % 4 === 0 ? Math.abs(value - ((drawn[other] as Uint8ClampedArray)[at] as number)) : 0),
            0,
          );
          return ink < 255;
        })
        .map((other) => letter + other),
    );
    expect(alike).toEqual([]);
  });

  test('composed and decomposed letters are the same', () => {
    const text = 'Größe – été, Ångström, ñ';
    expect(lettersOf(text.normalize('NFD'))).toEqual(lettersOf(text));
    expect(textWidth(text.normalize('NFD'), 20)).toBe(textWidth(text, 20));
  });

  test('stay within the height of a line and a little more, to the right of the pen', () => {
    for (const letter of [...range(0x20, 0x7e), ...range(0xa0, 0x24f), ...range(0x386, 0x3ce)]) {
      const { strokes, advance } = glyphOf(letter);
      for (const stroke of strokes) {
        for (const [at, value] of stroke.entries()) {
          expect(value, letter).toBeGreaterThanOrEqual(at % 2 === 0 ? 0 : -0.5);
          expect(value, letter).toBeLessThanOrEqual(at % 2 === 0 ? advance - 2 + 1e-9 : 11.5);
        }
      }
    }
  });
});
