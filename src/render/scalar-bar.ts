import { type Rgb, TABLE_SIZE } from './color.ts';
import type { Image } from './image.ts';
import { drawText, fillBox, fitText, type TextStyle, textWidth } from './text.ts';
import type { Tick } from './ticks.ts';

/** Share of a picture's height that a bar has. */
const HEIGHT_SHARE = 0.56;

/** Distance of a swatch from the ribbon or the swatch before, as a share of the size of texts. */
const SWATCH_GAP_SHARE = 0.55;

/** A colour of its own beside the ribbon of a bar. */
interface Swatch {
  readonly text: string;
  readonly color: Rgb;
}

/** Content of a scalar bar. */
export interface ScalarBar {
  readonly title: string;
  /** Unit of the values, behind the title. @defaultValue none */
  readonly unit?: string | undefined;
  /** Swatches above the ribbon, from the bottom up. */
  readonly above: readonly Swatch[];
  /** Swatches below the ribbon, from the top down. */
  readonly below: readonly Swatch[];
  readonly ticks: readonly Pick<Tick, 'text' | 'place'>[];
  /** Colours from the low to the high end. */
  readonly table: Uint8Array;
}

/** Computes how large a line of text is in a picture. */
export function textSize({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.round(Math.min(48, Math.max(11, Math.min(height / 30, width / 56))));
}

/** Computes how many labels a bar has room for in a picture. */
export function maxTicks({ height }: { readonly height: number }, size: number): number {
  return 1 + Math.max(1, Math.floor((HEIGHT_SHARE * height) / (1.2 * size)));
}

function widths(bar: ScalarBar, size: number): { ribbon: number; gap: number; whole: number } {
  const texts = [...bar.ticks, ...bar.above, ...bar.below];
  const labels = Math.max(...texts.map(({ text }) => textWidth(text, size)), 0);
  const ribbon = Math.round(1.2 * size);
  const gap = Math.round(0.6 * size);
  return { ribbon, gap, whole: Math.ceil(Math.max(ribbon + gap + labels, 4 * size)) };
}

/** Computes how much of the right side of a picture the bar needs, its margin included. */
export function scalarBarWidth(bar: ScalarBar, size: number): number {
  return widths(bar, size).whole + 3 * size;
}

/** Draws the bar at the right side of a picture. */
export function drawScalarBar(image: Image, bar: ScalarBar, style: TextStyle, background: Rgb): void {
  const { size, color } = style;
  const { ribbon, gap, whole } = widths(bar, size);
  const left = image.width - whole - Math.round(1.5 * size);
  const height = Math.round(HEIGHT_SHARE * image.height);
  const top = Math.round((image.height - height) / 2 + size / 2);
  for (let row = 0; row < height; row++) {
    const at = 3 * Math.round((1 - row / Math.max(1, height - 1)) * (TABLE_SIZE - 1));
    const { table } = bar;
    fillBox(image, { left, top: top + row, width: ribbon, height: 1 }, [
      table[at] as number,
      table[at + 1] as number,
      table[at + 2] as number,
    ]);
  }
  const mark = Math.max(1, Math.round(size / 14));
  for (const { text, place } of bar.ticks) {
    const y = top + (1 - place) * (height - 1);
    // A notch on both sides of the ribbon, but not at its ends.
    const inside = y > top + size / 4 && y < top + height - size / 4;
    for (const x of inside ? [left, left + ribbon - Math.round(ribbon / 5)] : []) {
      fillBox(
        image,
        { left: x, top: Math.round(y - mark / 2), width: Math.round(ribbon / 5), height: mark },
        background,
      );
    }
    drawText(image, text, left + ribbon + gap, y + 0.5, style);
  }
  const pitch = Math.round((1 + SWATCH_GAP_SHARE) * size);
  const swatch = ({ text, color: filling }: Swatch, y: number): void => {
    fillBox(image, { left, top: y, width: ribbon, height: size }, filling);
    drawText(image, text, left + ribbon + gap, y + size / 2 + 0.5, style);
  };
  for (const [index, each] of bar.above.entries()) swatch(each, top - (index + 1) * pitch);
  for (const [index, each] of bar.below.entries()) swatch(each, top + height + (index + 1) * pitch - size);
  const room = Math.max(whole + size, image.width / 4);
  const unit = (bar.unit ?? '') === '' ? '' : `(${bar.unit})`;
  const line = `${bar.title} ${unit}`;
  // A unit that has no room behind the name stands below it.
  const lines = unit === '' ? [bar.title] : textWidth(line, size) <= room ? [line] : [unit, bar.title];
  for (const [index, each] of lines.entries()) {
    const text = fitText(each, size, room);
    const x = Math.min(left, image.width - size - textWidth(text, size));
    drawText(image, text, x, top - bar.above.length * pitch - 1.4 * (index + 1) * size, { size, color });
  }
}
