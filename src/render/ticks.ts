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

/** The number `units` · 10^`exponent`, both whole. */
interface Decimal {
  readonly units: number;
  readonly exponent: number;
}

/**
 * Finds round numbers on a scale, from the low to the high end. Their texts are exact, so that no two are alike and
 * none is rounded away from its place.
 *
 * @param most - how many there is room for
 */
export function ticksOf(scale: Scale, most: number = MAX_TICKS): readonly Tick[] {
  const { low, high, log } = scale;
  if (low === high) return [{ value: low, text: numberText(low), place: 0.5 }];
  const decades = log ? Math.log10(high) - Math.log10(low) : 0;
  const ticks = decades < MIN_DECADES ? linearTicks(scale, most) : logTicks(scale, decades, most);
  // A scale so narrow, or so wide, that no steps of it can be counted.
  if (ticks.length === 0)
    return [low, high].map((value, place) => ({ value, text: String(value).replace('e+', 'e'), place }));
  return ticks;
}

/** Computes where a value lies on a scale. */
function placeOn({ low, high, log }: Scale, value: number): number {
  const place = log
    ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
    : (value - low) / (high - low);
  return Math.min(1, Math.max(0, place));
}

function linearTicks(scale: Scale, most: number): readonly Tick[] {
  const { low, high } = scale;
  const { units, exponent } = stepOf((high - low) / Math.max(1, Math.min(5, most - 1)));
  const step = valueOf({ units, exponent });
  const [from, to] = [low / step, high / step];
  const steps = Math.max(Math.abs(from), Math.abs(to));
  if (!(step > 0 && steps < MAX_STEPS)) return [];
  // An end that is a round number but for what doubles leave of it counts as one.
  const slack = Math.max(1e-9, 4 * Number.EPSILON * steps);
  const marks: Decimal[] = [];
  for (let index = Math.ceil(from - slack); index <= Math.floor(to + slack); index++)
    marks.push({ units: index * units, exponent });
  const texts = textsOf(marks);
  return marks.map((mark, index) => {
    const value = valueOf(mark);
    return { value, text: texts[index] as string, place: placeOn(scale, value) };
  });
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

function logTicks(scale: Scale, decades: number, most: number): readonly Tick[] {
  const fine = decades >= 3 ? [10] : decades >= 1.2 ? [10, 30] : [10, 15, 20, 30, 50, 70];
  const every = Math.max(1, Math.ceil(decades / (Math.max(2, Math.min(MAX_TICKS, most)) - 1)));
  const ticks = decadeTicks(scale, decades, fine, every);
  return ticks.length <= most ? ticks : decadeTicks(scale, decades, [10], every);
}

/** Lists marks at tenths of every so many powers of ten, times each factor. */
function decadeTicks(
  scale: Scale,
  decades: number,
  factors: readonly number[],
  every: number,
): readonly Tick[] {
  const [from, to] = [Math.log10(scale.low), Math.log10(scale.high)];
  const ticks: Tick[] = [];
  for (let power = Math.floor(from); power <= to + 1e-9; power++) {
    if (power % every !== 0) continue;
    for (const units of factors) {
      const mark = { units, exponent: power - 1 };
      const value = valueOf(mark);
      const place = (Math.log10(value) - from) / decades;
      const [text] = textsOf([shortened(mark)]) as [string];
      if (place >= -1e-9 && place <= 1 + 1e-9) ticks.push({ value, text, place });
    }
  }
  return ticks;
}

/** Finds the double that is nearest. */
function valueOf({ units, exponent }: Decimal): number {
  return Number(`${units}e${exponent}`);
}

/**
 * Writes numbers with a common exponent as texts of one kind: plain with the same decimals where that is short, else
 * with exponents.
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
  return `${units < 0 ? '-' : ''}${digits[0]}${decimals}e${exponent + digits.length - 1}`;
}

/** Takes the zeros at the end away. */
function shortened({ units, exponent }: Decimal): Decimal {
  if (units === 0) return { units, exponent: 0 };
  let short = { units, exponent };
  while (short.units % 10 === 0) short = { units: short.units / 10, exponent: short.exponent + 1 };
  return short;
}

/** Writes a number in seven significant digits, which tells one Float32 from the next. */
function numberText(value: number): string {
  const [digits, exponent] = value.toExponential(6).split('e') as [string, string];
  const number = { units: Number(digits.replace('.', '')), exponent: Number(exponent) - 6 };
  return textsOf([shortened(number)])[0] as string;
}
