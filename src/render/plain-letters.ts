/**
 * Letters as strokes: each stroke runs through points written as two digits, x and y, on a grid whose baseline is y = 2,
 * with small letters up to 6 and capitals up to 8. A stroke of one point is a dot. Drawn for this project.
 */
const strokes: Readonly<Record<string, string>> = {
  ' ': '',
  '!': '0804 02',
  '"': '0806 2826',
  '#': '1218 3238 0444 0646',
  $: '473818070615354443321203 2921',
  '%': '0248 0818170708 3343423233',
  '&': '42071828370403122244',
  "'": '0806',
  '(': '19070311',
  ')': '09171301',
  '*': '2824 0745 0547',
  '+': '0545 2723',
  ',': '0201',
  '-': '0535',
  '.': '12',
  '/': '0248',
  '0': '120307183847433212',
  '1': '062822',
  '2': '07183847460242',
  '3': '07183847463525 354443321203',
  '4': '32380444',
  '5': '480805354443321203',
  '6': '473818070312324344351504',
  '7': '084812',
  '8': '15060718384746351504031232434435',
  '9': '031232434738180706153546',
  ':': '02 05',
  ';': '0201 05',
  '<': '470543',
  '=': '0444 0646',
  '>': '074503',
  '?': '07183847462524 22',
  '@': '24242636344447381807031232',
  A: '022842 1434',
  B: '02083847463505 3544433202',
  C: '4738180703123243',
  D: '02082846442202',
  E: '48080242 0535',
  F: '480802 0535',
  G: '47381807031232434525',
  H: '0208 4248 0545',
  I: '0208',
  J: '3833221203',
  K: '0208 4804 1542',
  L: '080242',
  M: '0208244842',
  N: '02084248',
  O: '220406284866644222',
  P: '02083847463505',
  Q: '120307183847433212 2442',
  R: '02083847463505 2542',
  S: '473818070615354443321203',
  T: '0848 2822',
  U: '080312324348',
  V: '082248',
  W: '0812253248',
  X: '0248 0842',
  Y: '082548 2522',
  Z: '08480242',
  '[': '19090111',
  '\\': '0842',
  ']': '09191101',
  '^': '062846',
  _: '0141',
  '`': '0817',
  a: '4536160503123243 4642',
  b: '0802 0516364543321203',
  c: '4536160503123243',
  d: '4842 4536160503123243',
  e: '04444536160503123243',
  f: '38281712 0636',
  g: '46413010 4536160503123243',
  h: '0802 0516364542',
  i: '0602 08',
  j: '161100 18',
  k: '0802 3604 1532',
  l: '080312',
  m: '0602 0516263532 3546566562',
  n: '0602 0516364542',
  o: '120305163645433212',
  p: '0600 0516364543321203',
  q: '4640 4536160503123243',
  r: '0602 051636',
  s: '45361605143443321203',
  t: '18132232 0636',
  u: '0603123243 4642',
  v: '062246',
  w: '0612243246',
  x: '0246 0642',
  y: '0622 4610',
  z: '06460242',
  '{': '29181605141221',
  '|': '0901',
  '}': '09181625141201',
  '~': '05163546',
};
/** Strokes that stand for every letter that there is none of. */
const OTHER = '0208484202';

/** A letter: its strokes, each x and y of its points one after the other, and how far the next letter is. */
export interface Glyph {
  readonly strokes: readonly (readonly number[])[];
  readonly advance: number;
}

const glyphs = new Map<string, Glyph>();

/** Splits a text into its letters; marks that combine belong to the letter before them. */
export function lettersOf(text: string): readonly string[] {
  return text.normalize('NFC').match(/\P{M}\p{M}*|\p{M}/gu) ?? [];
}

/** Makes the glyph for a letter; a box for one that there is none of. */
export function glyphOf(letter: string): Glyph {
  let glyph = glyphs.get(letter);
  if (glyph === undefined) {
    glyph = makeGlyph(letter);
    glyphs.set(letter, glyph);
  }
  return glyph;
}

function makeGlyph(letter: string): Glyph {
  const found = findStrokes(letter) ?? parse(OTHER);
  // What begins left of the pen, as marks on narrow letters do, is moved to the right.
  const left = Math.min(0, ...found.flatMap(xsOf));
  const moved = left < 0 ? move(found, 1, -left, 0) : found;
  const widest = Math.max(0, ...moved.flatMap(xsOf));
  return { strokes: moved, advance: moved.length === 0 ? 4 : widest + 2 };
}

/** Strokes of a letter. */
export type Strokes = Glyph['strokes'];

/** Function that finds the strokes of letters beyond ASCII, which it makes of other letters as well. */
export type FindMore = (letter: string, find: (letter: string) => Strokes | undefined) => Strokes | undefined;

let findMore: FindMore | undefined;

/** Adds letters beyond ASCII. */
export function addLetters(find: FindMore): void {
  if (findMore === find) return;
  findMore = find;
  glyphs.clear();
}

/** Tells whether a text has no letter that needs letters beyond ASCII which were not added. */
export function hasLetters(text: string): boolean {
  return findMore !== undefined || !/[^\0-~]/.test(text);
}

/** Finds the strokes of a letter; undefined where there are none. */
function findStrokes(letter: string): Strokes | undefined {
  const known = strokes[letter];
  return known === undefined ? findMore?.(letter, findStrokes) : parse(known);
}

/** Draws strokes by another scale and at another place. */
export function move(list: Strokes, scale: number, x: number, y: number): Strokes {
  return list.map((stroke) => stroke.map((value, at) => scale * value + (at % 2 === 0 ? x : y)));
}

function xsOf(stroke: readonly number[]): number[] {
  return stroke.filter((_, at) => at % 2 === 0);
}

/** Reads strokes as they are written here. */
export function parse(text: string): Strokes {
  return text
    .split(' ')
    .filter((stroke) => stroke !== '')
    .map((stroke) => [...stroke].map(Number));
}
