import type { Scale } from './field.ts';

/** A mark on a scale: its value, its text, and where it lies between the scale's low (0) and high end (1). */
export interface Tick {
  readonly value: number;
  readonly text: string;
  readonly place: number;
}

/** Most marks of a scale. */
const MAX_TICKS = 8;
/** Number of steps from 0 from which on doubles do not tell one from the next. */
const MAX_STEPS = 2 ** 42;
/** Number of decades below which a logarithmic scale has marks at equal steps. */
const MIN_DECADES = 0.6;
/** Share of the distance between labels by which the text of an end may differ from its value. */
const END_SHARE = 0.0099;
/** Significant digits that tell every double from the next. */
const MAX_DIGITS = 17;

/** The number `units` · 10^`exponent`, both whole. */
interface Decimal {
  readonly units: number;
  readonly exponent: number;
}

/** A mark before it has its text. */
interface Mark {
  readonly value: number;
  readonly place: number;
  readonly number: Decimal;
}

/**
 * Finds labels of a scale, from the low to the high end: both ends, and round numbers between them. Texts of round
 * numbers are exact, those of ends as exact as the distance between labels asks, so that no two are alike.
 *
 * @param most - how many there is room for
 * @param whole - true when values are whole numbers, between which there are no round ones
 */
export function ticksOf(scale: Scale, most: number = MAX_TICKS, whole = false): readonly Tick[] {
  const { low, high, log } = scale;
  if (low === high) return [{ value: low, text: numberText(low), place: 0.5 }];
  const decades = log ? Math.log10(high) - Math.log10(low) : 0;
  const isEven = decades < MIN_DECADES;
  const marks = isEven ? linearMarks(scale, most, whole) : logMarks(scale, decades, most);
  // A scale so narrow, or so wide, that no steps of it can be counted.
  if (marks === undefined)
    return [low, high].map((value, place) => ({ value, text: String(value).replace('e+', 'e'), place }));
  const all = withEnds(scale, marks, most, isEven);
  const numbers = all.map(({ number }) => number);
  const texts = isEven ? textsOf(numbers) : numbers.flatMap((number) => textsOf([number]));
  return all.map(({ value, place }, index) => ({ value, text: texts[index] as string, place }));
}

/** Adds both ends to marks, and takes away those for which they leave no room. */
function withEnds(scale: Scale, marks: readonly Mark[], most: number, isEven: boolean): readonly Mark[] {
  const room = 1 / Math.max(1, most - 1);
  const [onLow, onHigh] = [marks[0], marks.at(-1)];
  const inside = marks.filter(({ place }) => place > room * 0.999 && place < 1 - room * 0.999);
  const values = [scale.low, ...inside.map(({ value }) => value), scale.high];
  const gaps = values.slice(1).map((value, index) => value - (values[index] as number));
  const longest = Math.max(0, ...inside.map(({ number }) => lengthOf(number)));
  const end = (value: number, place: 0 | 1, mark: Mark | undefined): Mark => {
    // A mark that is the end but for what doubles leave of it.
    if (mark !== undefined && Math.abs(mark.place - place) < 1e-9)
      return { value, place, number: mark.number };
    const gap = isEven ? Math.min(...gaps) : Math.min(gaps.at(-place) as number, value);
    return { value, place, number: roundTo(value, END_SHARE * gap, longest) };
  };
  return [end(scale.low, 0, onLow), ...inside, end(scale.high, 1, onHigh)];
}

/**
 * Rounds a number to as few digits as leave it no further off than `most`, and to as many as a text of `longest`
 * characters has room for.
 */
function roundTo(value: number, most: number, longest: number): Decimal {
  let digits = 0;
  let rounded = nothing;
  while (digits < MAX_DIGITS && !(Math.abs(valueOf(rounded) - value) <= most))
    rounded = toDigits(value, ++digits);
  const room = Math.max(longest, lengthOf(rounded));
  while (digits < MAX_DIGITS) {
    const finer = toDigits(value, ++digits);
    if (lengthOf(finer) > room) break;
    rounded = finer;
  }
  return rounded;
}

const nothing: Decimal = { units: 0, exponent: 0 };

function toDigits(value: number, digits: number): Decimal {
  return digits === 0 ? nothing : parseDecimal(value.toExponential(digits - 1));
}

function lengthOf(number: Decimal): number {
  return Math.min(plainText(number).length, exponentText(number).length);
}

function parseDecimal(text: string): Decimal {
  const [digits, exponent] = text.split('e') as [string, string];
  const decimals = digits.split('.')[1] ?? '';
  return shortened({ units: Number(digits.replace('.', '')), exponent: Number(exponent) - decimals.length });
}

/** Computes where a value lies on a scale. */
function placeOn({ low, high, log }: Scale, value: number): number {
  const place = log
    ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
    : (value - low) / (high - low);
  return Math.min(1, Math.max(0, place));
}

function linearMarks(scale: Scale, most: number, whole: boolean): readonly Mark[] | undefined {
  const { low, high } = scale;
  const found = stepOf((high - low) / Math.max(1, Math.min(5, most - 1)));
  const { units, exponent } =
    whole && valueOf(found) < 1 ? { units: 1, exponent: 0 } : wholeStep(found, whole);
  const step = valueOf({ units, exponent });
  const [from, to] = [low / step, high / step];
  const steps = Math.max(Math.abs(from), Math.abs(to));
  if (!(step > 0 && steps < MAX_STEPS)) return undefined;
  // An end that is a round number but for what doubles leave of it counts as one.
  const slack = Math.max(1e-9, 4 * Number.EPSILON * steps);
  const marks: Mark[] = [];
  for (let index = Math.ceil(from - slack); index <= Math.floor(to + slack); index++) {
    const number = { units: index * units, exponent };
    const value = valueOf(number);
    marks.push({ value, place: placeOn(scale, value), number });
  }
  return marks;
}

/** Finds of 1, 2, 2.5 and 5 times a power of ten the least that is not below `rough`. */
function stepOf(rough: number): Decimal {
  const power = Math.floor(Math.log10(rough));
  const steps: readonly Decimal[] = [
    { units: 1, exponent: power },
    { units: 2, exponent: power },
    { units: 25, exponent: power - 1 },
    { units: 5, exponent: power },
    { units: 1, exponent: power + 1 },
  ];
  return steps.find((step) => valueOf(step) >= rough * 0.999) ?? { units: 1, exponent: power };
}

/** Takes 5 for 2.5, which is no step between whole numbers. */
function wholeStep(step: Decimal, whole: boolean): Decimal {
  return whole && step.units === 25 && step.exponent === -1 ? { units: 5, exponent: 0 } : step;
}

function logMarks(scale: Scale, decades: number, most: number): readonly Mark[] {
  const fine = decades >= 3 ? [10] : decades >= 1.2 ? [10, 30] : [10, 15, 20, 30, 50, 70];
  const every = Math.max(1, Math.ceil(decades / (Math.max(2, Math.min(MAX_TICKS, most)) - 1)));
  const marks = decadeMarks(scale, decades, fine, every);
  return marks.length <= most ? marks : decadeMarks(scale, decades, [10], every);
}

/** Lists marks at tenths of every so many powers of ten, times each factor. */
function decadeMarks(
  scale: Scale,
  decades: number,
  factors: readonly number[],
  every: number,
): readonly Mark[] {
  const [from, to] = [Math.log10(scale.low), Math.log10(scale.high)];
  const marks: Mark[] = [];
  for (let power = Math.floor(from); power <= to + 1e-9; power++) {
    if (power % every !== 0) continue;
    for (const units of factors) {
      const number = shortened({ units, exponent: power - 1 });
      const value = valueOf(number);
      const place = (Math.log10(value) - from) / decades;
      if (place >= -1e-9 && place <= 1 + 1e-9) marks.push({ value, place, number });
    }
  }
  return marks;
}

/** Finds the double that is nearest. */
function valueOf({ units, exponent }: Decimal): number {
  return Number(`${units}e${exponent}`);
}

/**
 * Writes numbers as texts of one kind: plain where that is short, else with exponents.
 */
function textsOf(numbers: readonly Decimal[]): readonly string[] {
  const plain = numbers.map(plainText);
  const short = numbers.map(exponentText);
  const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
  const isShort = numbers.every((each) => shortened(each).exponent >= -5 && Math.abs(valueOf(each)) < 1e6);
  return isShort || longest(plain) <= longest(short) ? plain : short;
}

function plainText({ units, exponent }: Decimal): string {
  if (units === 0) return '0';
  const digits = String(Math.abs(units));
  const sign = units < 0 ? '-' : '';
  if (exponent >= 0) return sign + digits + '0'.repeat(exponent);
  const padded = digits.padStart(1 - exponent, '0');
  const [whole, decimals] = [padded.slice(0, exponent), padded.slice(exponent)];
  return `${sign}${whole}.${decimals}`;
}

function exponentText(number: Decimal): string {
  if (number.units === 0) return '0';
  const { units, exponent } = shortened(number);
  const digits = String(Math.abs(units));
  const decimals = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = exponent + digits.length - 1;
  return `${units < 0 ? '-' : ''}${digits[0]}${decimals}${power === 0 ? '' : `e${power}`}`;
}

/** Takes the zeros at the end away. */
function shortened({ units, exponent }: Decimal): Decimal {
  if (units === 0) return nothing;
  let short = { units, exponent };
  while (short.units % 10 === 0) short = { units: short.units / 10, exponent: short.exponent + 1 };
  return short;
}

/** Writes a number in seven significant digits, which tells one Float32 from the next. */
function numberText(value: number): string {
  return textsOf([parseDecimal(value.toExponential(6))])[0] as string;
}
