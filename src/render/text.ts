import type { Rgb } from './color.ts';
import type { Image } from './image.ts';
import { glyphOf, lettersOf } from './plain-letters.ts';

/** Height of a line, grid units. */
const LINE_UNITS = 10;
/** Distance from the bottom of a line to the middle of its figures, grid units. */
const MIDDLE_UNITS = 5;

/** Style of a text. */
export interface TextStyle {
  /** Height of a line, pixels. */
  readonly size: number;
  readonly color: Rgb;
}

/** Computes how wide a text is, pixels. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const letter of lettersOf(text)) width += glyphOf(letter).advance;
  return Math.max(0, width - 2) * (size / LINE_UNITS);
}

/** Takes the beginning of a text that is no wider than `width`, with three dots where something is left out. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...lettersOf(text)];
  while (characters.length > 0 && textWidth(`${characters.join('')}...`, size) > width) characters.pop();
  return characters.length === 0 ? '' : `${characters.join('')}...`;
}

/** Writes a text whose first letter begins at `x` and whose figures have their middle at `y`. */
export function drawText(image: Image, text: string, x: number, y: number, style: TextStyle): void {
  const unit = style.size / LINE_UNITS;
  const radius = Math.max(0.5, 0.42 * unit);
  let pen = x;
  for (const letter of lettersOf(text)) {
    const { strokes, advance } = glyphOf(letter);
    const place = (at: number, stroke: readonly number[]): [number, number] => [
      pen + (stroke[at] as number) * unit,
      y - ((stroke[at + 1] as number) - MIDDLE_UNITS) * unit,
    ];
    const cover = new Map<number, number>();
    for (const stroke of strokes) {
      for (let at = 0; at === 0 || at + 2 < stroke.length; at += 2)
        coverStroke(
          image,
          cover,
          place(at, stroke),
          place(Math.min(at + 2, stroke.length - 2), stroke),
          radius,
        );
    }
    for (const [pixel, share] of cover) blend(image, pixel, share, style.color);
    pen += advance * unit;
  }
}

/** Adds the pixels of a straight stroke and how much of each it covers. */
function coverStroke(
  { width, height }: Image,
  cover: Map<number, number>,
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
  radius: number,
): void {
  const [dx, dy] = [bx - ax, by - ay];
  const squared = dx * dx + dy * dy;
  const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + radius));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by) + radius));
  for (let y = Math.max(0, Math.floor(Math.min(ay, by) - radius - 1)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.floor(Math.min(ax, bx) - radius - 1)); x <= right; x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const along = squared > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / squared)) : 0;
      const share = radius + 0.5 - Math.hypot(px - along * dx, py - along * dy);
      const pixel = y * width + x;
      if (share > (cover.get(pixel) ?? 0)) cover.set(pixel, Math.min(1, share));
    }
  }
}

function blend({ data }: Image, pixel: number, share: number, color: Rgb): void {
  for (let channel = 0; channel < 3; channel++) {
    const at = 4 * pixel + channel;
    data[at] = (1 - share) * (data[at] as number) + share * (color[channel] as number);
  }
}

/** Fills a rectangle of whole pixels; what lies outside the picture is left out. */
export function fillBox(
  { width, height, data }: Image,
  box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  color: Rgb,
): void {
  for (let y = Math.max(0, box.top); y < Math.min(height, box.top + box.height); y++) {
    for (let x = Math.max(0, box.left); x < Math.min(width, box.left + box.width); x++)
      data.set(color, 4 * (y * width + x));
  }
}
