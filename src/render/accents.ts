/** A mark on a letter, by the middle and the upper end of the letter: strokes, each x and y of its points one after the other. */
type Accent = (middle: number, top: number) => readonly (readonly number[])[];

/** Marks by the combining character that stands for each. */
const accents: Readonly<Record<string, Accent>> = {
  // Grave, acute, circumflex, tilde.
  '\u0300': (x, y) => [[x - 1, y + 2.2, x + 0.5, y + 1]],
  '\u0301': (x, y) => [[x + 1, y + 2.2, x - 0.5, y + 1]],
  '\u0302': (x, y) => [[x - 1.3, y + 1, x, y + 2.2, x + 1.3, y + 1]],
  '\u0303': (x, y) => [[x - 1.7, y + 1.1, x - 0.8, y + 1.9, x + 0.8, y + 1.1, x + 1.7, y + 1.9]],
  // Macron, overline, breve, dot, diaeresis, ring.
  '\u0304': (x, y) => [[x - 1.5, y + 1.5, x + 1.5, y + 1.5]],
  '\u0305': (x, y) => [[x - 2, y + 1.5, x + 2, y + 1.5]],
  '\u0306': (x, y) => [[x - 1.3, y + 2, x - 0.6, y + 1.2, x + 0.6, y + 1.2, x + 1.3, y + 2]],
  '\u0307': (x, y) => [[x, y + 1.6]],
  '\u0308': (x, y) => [
    [x - 1.2, y + 1.6],
    [x + 1.2, y + 1.6],
  ],
  '\u030a': (x, y) => [[x, y + 0.9, x - 0.9, y + 1.7, x, y + 2.5, x + 0.9, y + 1.7, x, y + 0.9]],
  // Double acute, caron, vector.
  '\u030b': (x, y) => [
    [x, y + 2.2, x - 1, y + 1],
    [x + 1.6, y + 2.2, x + 0.6, y + 1],
  ],
  '\u030c': (x, y) => [[x - 1.3, y + 2.2, x, y + 1, x + 1.3, y + 2.2]],
  '\u20d7': (x, y) => [[x - 2, y + 1.6, x + 2, y + 1.6, x + 1, y + 2.4]],
  // Comma below, dot below, cedilla, ogonek.
  '\u0326': (x) => [[x, 1, x - 0.5, -0.2]],
  '\u0323': (x) => [[x, 0.4]],
  '\u0327': (x) => [[x, 2, x + 0.8, 0.9, x - 0.4, 0.1]],
  '\u0328': (x) => [[x + 1.4, 2, x + 0.8, 0.9, x + 1.6, 0.3]],
};

/** Marks that lie above their letter and take the place of its dot. */
const ABOVE = /[\u0300-\u030c\u20d7]/;

/** Takes what is left of a letter under a mark above it. */
export function withoutDot(letter: string, marks: string): string {
  if (!ABOVE.test(marks)) return letter;
  return letter === 'i' ? 'ı' : letter === 'j' ? 'ȷ' : letter;
}

/** Makes the strokes of the marks on a letter; of those that are not known, none. */
export function accentStrokes(
  letter: readonly (readonly number[])[],
  marks: Iterable<string>,
): readonly (readonly number[])[] {
  const xs = letter.flatMap((stroke) => stroke.filter((_, at) => at % 2 === 0));
  const ys = letter.flatMap((stroke) => stroke.filter((_, at) => at % 2 === 1));
  const middle = xs.length === 0 ? 2 : (Math.min(...xs) + Math.max(...xs)) / 2;
  const top = ys.length === 0 ? 6 : Math.max(...ys);
  return [...marks].flatMap((mark) => accents[mark]?.(middle, top) ?? []);
}
