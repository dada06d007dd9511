import { type Rgb, TABLE_SIZE } from './color.ts';
import type { Field, OutsideCounts, Scale } from './field.ts';
import type { ScalarBar } from './scalar-bar.ts';
import type { Tick } from './ticks.ts';

/** Makes a table of one colour. */
export function repeat(color: Rgb): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 3 * TABLE_SIZE }, (_, index) => color[index % 3] as number);
}

/** Makes the bar of a field: one colour where there is one value, or none that has a colour. */
export function makeBar(
  { title }: Field,
  scale: Scale | undefined,
  ticks: readonly Tick[] | undefined,
  table: Uint8Array,
  nanColor: Rgb,
  counts: OutsideCounts | undefined,
): ScalarBar {
  const colorOf = (place: number): Rgb => {
    const [red = 0, green = 0, blue = 0] = table.subarray(3 * place, 3 * place + 3);
    return [red, green, blue];
  };
  if (scale === undefined || ticks === undefined) {
    const none = { text: 'no value', place: 0.5 };
    return { title, ticks: [none], table: repeat(nanColor), above: [], below: [] };
  }
  const { below = 0, above = 0, notFinite = 0 } = counts ?? {};
  const isOne = scale.low === scale.high;
  return {
    title,
    ticks,
    table: isOne ? repeat(colorOf(Math.floor(TABLE_SIZE / 2))) : table,
    above: above === 0 ? [] : [{ text: 'above', color: colorOf(TABLE_SIZE - 1) }],
    below: [
      ...(below === 0 ? [] : [{ text: 'below', color: colorOf(0) }]),
      ...(notFinite === 0 ? [] : [{ text: scale.log ? 'no logarithm' : 'not finite', color: nanColor }]),
    ],
  };
}
