import type { Scale } from './field.ts';

/** A mark on a scale: its value, its text, and where it lies between the scale's low (0) and high end (1). */
export interface Tick {
  readonly text: string;
  readonly place: number;
}

/** Round numbers on a scale, four to eight of them, from the low to the high end. */
export function ticksOf(scale: Scale): readonly Tick[] {
  return scale.log ? logTicks(scale) : linearTicks(scale);
}

function linearTicks({ low, high }: Scale): readonly Tick[] {
  const span = high - low;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) as number);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks: Tick[] = [];
  // A step that is too small for the numbers gives no more than a few marks.
  for (let index = first; index <= last && ticks.length < 12; index++) {
    const value = index * step;
    ticks.push({ text: formatTick(value, step), place: (value - low) / span });
  }
  return ticks;
}

function logTicks({ low, high }: Scale): readonly Tick[] {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const decades = to - from;
  const factors = decades >= 3 ? [1] : decades >= 1.2 ? [1, 3] : [1, 1.5, 2, 3, 5, 7];
  const every = Math.max(1, Math.ceil(decades / 8));
  const ticks: Tick[] = [];
  for (let power = Math.floor(from); power <= to; power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const value = factor * 10 ** power;
      const place = (Math.log10(value) - from) / decades;
      if (place >= -1e-9 && place <= 1 + 1e-9) ticks.push({ text: formatTick(value, value), place });
    }
  }
  return ticks;
}

/** A value with as many digits as steps of `step` need. */
function formatTick(value: number, step: number): string {
  const size = Math.max(Math.abs(value), step);
  if (value === 0) return '0';
  const decimals =
    Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) + (/^2[.]?5/.test(step.toExponential()) ? 1 : 0);
  if (size < 1e6 && decimals <= 5)
    return value.toFixed(step >= 1 && !Number.isInteger(step) ? 1 : step >= 1 ? 0 : decimals);
  const digits = Math.max(0, Math.floor(Math.log10(size) - Math.log10(step) + 1e-9));
  return value
    .toExponential(Math.min(digits, 8))
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e');
}
