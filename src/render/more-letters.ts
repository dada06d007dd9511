import { accentStrokes, withoutDot } from './accents.ts';
import { fractions, letterStrokes, ligatures, lookalikes, lowered, raised } from './letter-strokes.ts';
import { type FindMore, move, parse, type Strokes } from './plain-letters.ts';

/** Finds the strokes of a letter beyond ASCII. */
export const findMoreStrokes: FindMore = (letter, findStrokes) => {
  const known = letterStrokes[letter];
  if (known !== undefined) return parse(known);
  const like = lookalikes[letter];
  if (like !== undefined) return findStrokes(like);
  const [pair, apart] = ligatures[letter] ?? [];
  if (pair !== undefined) return beside(pair, apart as number, findStrokes);
  const above = raised[letter];
  if (above !== undefined) return move(findStrokes(above) ?? [], SMALL_SCALE, 0, 8.6 - 8 * SMALL_SCALE);
  const below = lowered[letter];
  if (below !== undefined) return move(findStrokes(below) ?? [], SMALL_SCALE, 0, 0.4 - 2 * SMALL_SCALE);
  const [over, under] = [...(fractions[letter] ?? '')];
  if (over !== undefined && under !== undefined) {
    const [top, bottom] = [findStrokes(over) ?? [], findStrokes(under) ?? []];
    return [
      ...move(top, SMALL_SCALE, 0, 8.6 - 8 * SMALL_SCALE),
      [1, 2, 5, 8],
      ...move(bottom, SMALL_SCALE, 4, 2 - 2 * SMALL_SCALE),
    ];
  }
  const [base = '', ...marks] = letter.normalize('NFD');
  if (marks.length === 0) return undefined;
  const bare = findStrokes(withoutDot(base, marks.join('')));
  return bare && [...bare, ...accentStrokes(bare, marks)];
};

/** Size of raised and lowered letters, as a share of the others. */
const SMALL_SCALE = 0.6;

function beside(letters: string, apart: number, findStrokes: Parameters<FindMore>[1]): Strokes {
  return [...letters].flatMap((letter, at) => move(findStrokes(letter) ?? [], 1, at * apart, 0));
}
