import { type Rgb, TABLE_SIZE } from './color.ts';
import type { Image } from './image.ts';
import { drawText, fillBox, fitText, type TextStyle, textWidth } from './text.ts';
import type { Tick } from './ticks.ts';

/** Share of a picture's height that a bar has. */
const HEIGHT_SHARE = 0.56;

/** Content of a scalar bar. */
export interface ScalarBar {
  readonly title: string;
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
  const labels = Math.max(...bar.ticks.map(({ text }) => textWidth(text, size)), 0);
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
  const room = whole + size;
  const title = fitText(bar.title, size, Math.max(room, image.width / 4));
  const x = Math.min(left, image.width - size - textWidth(title, size));
  drawText(image, title, x, top - 1.4 * size, { size, color });
}
