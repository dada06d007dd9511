import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';

/** Red, green and blue, each 0 … 255. */
export type Rgb = readonly [number, number, number];

/** Names of the colour maps. */
export const colorMapNames = ['viridis', 'cool-warm', 'greys'] as const;
/** Name of a colour map. */
export type ColorMapName = (typeof colorMapNames)[number];

/** Number of colours of a table that a map is looked up in. */
export const TABLE_SIZE = 1024;

/**
 * Colours of viridis, every fifteenth of the 256 of the map colours of viridis by S. van der Walt and N. Smith, as
 * matplotlib publishes it under CC0 (`_cm_listed.py`); between them runs a smooth curve.
 */
const viridis: readonly Rgb[] = `
  440154 481769 472a7a 433d84 3d4e8a 355e8d 2e6d8e 297b8e 23898e
  1f978b 21a585 2eb37c 46c06f 65cb5e 89d548 b0dd2f d8e219 fde725`
  .trim()
  .split(/\s+/)
  .map(parseHex);

/** Interpolates by a Catmull-Rom curve through colours at equal steps. */
function curve(stops: readonly Rgb[], t: number): Rgb {
  const place = t * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const x = place - index;
  const at = (step: number, channel: number): number =>
    (stops[Math.min(Math.max(index + step, 0), stops.length - 1)] as Rgb)[channel] as number;
  return [0, 1, 2].map((channel) => {
    const [a, b, c, d] = [at(-1, channel), at(0, channel), at(1, channel), at(2, channel)];
    return b + 0.5 * x * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)));
  }) as unknown as Rgb;
}

/** Reference white D65, in XYZ. */
const WHITE = [0.9505, 1, 1.089] as const;

function toLab([r, g, b]: readonly [number, number, number]): [number, number, number] {
  const [lr, lg, lb] = [r, g, b].map((c) => (c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92)) as [
    number,
    number,
    number,
  ];
  const f = (value: number): number => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = f((0.4124 * lr + 0.3576 * lg + 0.1805 * lb) / WHITE[0]);
  const y = f((0.2126 * lr + 0.7152 * lg + 0.0722 * lb) / WHITE[1]);
  const z = f((0.0193 * lr + 0.1192 * lg + 0.9505 * lb) / WHITE[2]);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function fromLab([l, a, b]: readonly [number, number, number]): Rgb {
  const f = (value: number): number => (value ** 3 > 0.008856 ? value ** 3 : (value - 16 / 116) / 7.787);
  const y = f((l + 16) / 116) * WHITE[1];
  const x = f((l + 16) / 116 + a / 500) * WHITE[0];
  const z = f((l + 16) / 116 - b / 200) * WHITE[2];
  return [
    3.2406 * x - 1.5372 * y - 0.4986 * z,
    -0.9689 * x + 1.8758 * y + 0.0415 * z,
    0.0557 * x - 0.204 * y + 1.057 * z,
  ].map((c) => {
    const gamma = c > 0.0031308 ? 1.055 * c ** (1 / 2.4) - 0.055 : 12.92 * c;
    return 255 * Math.min(1, Math.max(0, gamma));
  }) as unknown as Rgb;
}

type Msh = readonly [magnitude: number, saturation: number, hue: number];

function toMsh([l, a, b]: readonly [number, number, number]): Msh {
  const magnitude = Math.hypot(l, a, b);
  return [magnitude, Math.acos(l / magnitude), Math.atan2(b, a)];
}

/** Adjusts the hue of an unsaturated colour of `magnitude` beside a saturated one. */
function adjustHue([otherMagnitude, saturation, hue]: Msh, magnitude: number): number {
  if (otherMagnitude >= magnitude) return hue;
  const spin =
    (saturation * Math.sqrt(magnitude ** 2 - otherMagnitude ** 2)) / (otherMagnitude * Math.sin(saturation));
  return hue > -Math.PI / 3 ? hue + spin : hue - spin;
}

/**
 * Computes a colour from blue over white to red, by K. Moreland, "Diverging Color Maps for Scientific Visualization",
 * ISVC 2009, section 5: a straight way in Msh, the polar form of CIELAB, by way of a white of magnitude 88.
 */
function coolWarm(t: number): Rgb {
  const end = toMsh(toLab(t < 0.5 ? [0.23, 0.299, 0.754] : [0.706, 0.016, 0.15]));
  const white: Msh = [88, 0, adjustHue(end, 88)];
  const x = Math.abs(2 * t - 1);
  const [m, s, h] = end.map((value, index) => x * value + (1 - x) * (white[index] as number)) as [
    number,
    number,
    number,
  ];
  return fromLab([m * Math.cos(s), m * Math.sin(s) * Math.cos(h), m * Math.sin(s) * Math.sin(h)]);
}

/** Computes a grey, from a dark one, which shading still shows, to a light one. */
function grey(t: number): Rgb {
  const value = 40 + 200 * t;
  return [value, value, value];
}

/**
 * Computes the colour of a map at `t`.
 *
 * @param t - 0 … 1
 */
export function colorAt(map: ColorMapName, t: number): Rgb {
  const at = { viridis: (x: number) => curve(viridis, x), 'cool-warm': coolWarm, greys: grey }[map];
  return at(Math.min(1, Math.max(0, t))).map((value) =>
    Math.round(Math.min(255, Math.max(0, value))),
  ) as unknown as Rgb;
}

/** Makes a table of the colours of a map in {@link TABLE_SIZE} equal steps, red, green and blue one after the other. */
export function colorTable(map: ColorMapName): Uint8Array<ArrayBuffer> {
  const table = new Uint8Array(3 * TABLE_SIZE);
  for (let index = 0; index < TABLE_SIZE; index++)
    table.set(colorAt(map, index / (TABLE_SIZE - 1)), 3 * index);
  return table;
}

function parseHex(text: string): Rgb {
  const value = Number.parseInt(text, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * Reads a colour in CSS's hexadecimal form, `#rgb` or `#rrggbb`.
 *
 * @throws ConfigError when it is something else
 */
export function parseColor(option: string, text: string): Rgb {
  const digits = /^#?([0-9a-f]{6}|[0-9a-f]{3})$/i.exec(text)?.[1];
  if (digits === undefined)
    throw new ConfigError(option, `${option} is ${showValue(text)}; a colour is written as #rgb or #rrggbb.`);
  return parseHex(digits.length === 6 ? digits : [...digits].map((digit) => digit + digit).join(''));
}
