import { type ColorMapName, colorAt, type Image } from '../../index.ts';

/** Way in which a terminal shows colours. */
export type ColorDepth = 'true-color' | '256' | 'none';

/** Letters from empty to full. */
const RAMP = ' .:-=+*#%@';
const ESC = '\u001b[';

/** Tells what a terminal can show, as NO_COLOR (no-color.org), FORCE_COLOR, COLORTERM and its own kind say. */
export function colorDepthOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'getColorDepth'>,
  environment: NodeJS.ProcessEnv,
): ColorDepth {
  const forced = environment['FORCE_COLOR'];
  if ((environment['NO_COLOR'] ?? '') !== '' || forced === '0') return 'none';
  if (forced === undefined && (!stream.isTTY || environment['TERM'] === 'dumb')) return 'none';
  if (forced === '3' || /^(truecolor|24bit)$/.test(environment['COLORTERM'] ?? '')) return 'true-color';
  const bits = stream.isTTY ? stream.getColorDepth(environment) : 1;
  return bits === 24 ? 'true-color' : bits >= 8 || forced !== undefined ? '256' : 'none';
}

/**
 * Draws a picture as lines of text, two pixels a character one above the other: half blocks in colour, or letters by
 * brightness where there are no colours. Pixels of the colour black stay empty.
 */
export function imageLines(image: Image, depth: ColorDepth): string[] {
  const lines: string[] = [];
  for (let y = 0; y + 1 < image.height; y += 2) {
    lines.push(depth === 'none' ? letters(image, y) : halfBlocks(image, y, depth));
  }
  return lines;
}

function pixel({ width, data }: Image, x: number, y: number): [number, number, number] | undefined {
  const at = 4 * (y * width + x);
  const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
  return red + green + blue === 0 ? undefined : [red, green, blue];
}

function luminance(image: Image, x: number, y: number): number {
  const [red, green, blue] = pixel(image, x, y) ?? [0, 0, 0];
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function letters(image: Image, y: number): string {
  let line = '';
  for (let x = 0; x < image.width; x++) {
    const brightness = (luminance(image, x, y) + luminance(image, x, y + 1)) / 512;
    line += RAMP[Math.min(RAMP.length - 1, Math.floor(brightness * RAMP.length))] as string;
  }
  return line.trimEnd();
}

function code(ground: 38 | 48, [red, green, blue]: readonly number[], depth: ColorDepth): string {
  if (depth === 'true-color') return `${ground};2;${red};${green};${blue}`;
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((value = 0) => Math.round((value / 255) * 5));
  return `${ground};5;${16 + 36 * r + 6 * g + b}`;
}

function halfBlocks(image: Image, y: number, depth: ColorDepth): string {
  let line = '';
  let style = '';
  for (let x = 0; x < image.width; x++) {
    const above = pixel(image, x, y);
    const below = pixel(image, x, y + 1);
    let next = '';
    let character = ' ';
    if (above !== undefined && below !== undefined) {
      next = `${code(38, above, depth)};${code(48, below, depth)}`;
      character = '▀';
    } else if (above !== undefined || below !== undefined) {
      next = code(38, (above ?? below) as number[], depth);
      character = above === undefined ? '▄' : '▀';
    }
    if (next !== style) line += next === '' ? `${ESC}0m` : `${ESC}0;${next}m`;
    style = next;
    line += character;
  }
  return style === '' ? line.trimEnd() : `${line}${ESC}0m`;
}

/** Draws the colour map as a strip of `width` characters. */
export function colorStrip(map: ColorMapName, width: number, depth: ColorDepth): string {
  let line = '';
  for (let x = 0; x < width; x++) {
    const t = x / Math.max(1, width - 1);
    line +=
      depth === 'none'
        ? (RAMP[1 + Math.round(t * (RAMP.length - 2))] as string)
        : `${ESC}${code(48, colorAt(map, t), depth)}m `;
  }
  return depth === 'none' ? line : `${line}${ESC}0m`;
}
