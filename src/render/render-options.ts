import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import { type View, viewNames } from './camera.ts';
import { type ColorMapName, colorMapNames, parseColor, type Rgb } from './color.ts';
import type { Component } from './field.ts';
import { checkPlane, type Plane } from './plane.ts';

/** Most pixels of a picture: 4096 by 4096. */
const MAX_PIXELS = 2 ** 24;
/** Options of `renderMesh`. */
export interface RenderOptions {
  /**
   * Name of the point or cell array that colours the mesh; vectors by their length. @defaultValue none, a plain mesh
   */
  readonly attribute?: string | undefined;
  /**
   * Component of the array that counts: `x`, `y`, `z` or its number from 0 on. @defaultValue none: the length of vectors
   */
  readonly component?: Component | undefined;
  /** Unit of the array, which stands on the colour bar. @defaultValue none */
  readonly unit?: string | undefined;
  /**
   * Plane `[nx, ny, nz, d]`: what lies beyond it, where nx · x + ny · y + nz · z > d, is taken away; what is cut is not
   * closed. @defaultValue none
   */
  readonly clip?: Plane | undefined;
  /**
   * Plane `[nx, ny, nz, d]`: the values on it are drawn, as `sliceMesh` gives them, in the place of the surface.
   * @defaultValue none
   */
  readonly slice?: Plane | undefined;
  /** Pixels across. @defaultValue `1200` */
  readonly width?: number | undefined;
  /** Pixels down; across and down at most 2^24 pixels in all. @defaultValue `800` */
  readonly height?: number | undefined;
  /** Name of the colour map: `viridis`, `cool-warm` (blue, white, red) or `greys`. @defaultValue `'viridis'` */
  readonly colorMap?: ColorMapName | undefined;
  /** Values at the ends of the colour map. @defaultValue the least and the greatest that can be seen */
  readonly range?: readonly [number, number] | undefined;
  /** True when colours follow the logarithm of the values. @defaultValue `false` */
  readonly logScale?: boolean | undefined;
  /**
   * Place to look from: `auto`, `iso`, `front` (from −y), `back`, `left`, `right` (from +x), `top` (from +z), `bottom`,
   * or along an axis, `x`, `y`, `z`.
   *
   * @defaultValue `'auto'`: the mesh lies along the picture, broad side to the eye; a flat mesh is seen face on
   */
  readonly view?: View | undefined;
  /** True when the edges of the mesh are drawn. @defaultValue `false` */
  readonly edges?: boolean | undefined;
  /** Colour of the background, `#rgb` or `#rrggbb`. @defaultValue `'#ffffff'` */
  readonly background?: string | undefined;
  /** Colour of values that are not finite, and on a logarithmic scale not positive. @defaultValue `'#ff4fd8'` */
  readonly nanColor?: string | undefined;
  /** True when light shows the shape; without it colours are exactly those of the map. @defaultValue `true` */
  readonly lighting?: boolean | undefined;
  /** True when a bar says which colour is which value. @defaultValue `true` where the picture is large enough */
  readonly scalarBar?: boolean | undefined;
  /** Text that is written at the top. @defaultValue none */
  readonly title?: string | undefined;
  /** Name of the mesh in error messages. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
}

/** Options that are checked, with their defaults. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorMap: ColorMapName;
  readonly background: Rgb;
  readonly nanColor: Rgb;
  readonly scalarBar: boolean;
}

/**
 * Checks options.
 *
 * @throws ConfigError when one is wrong
 */
export function checkOptions(options: RenderOptions): Look {
  const { width = 1200, height = 800, colorMap = 'viridis', view = 'auto' } = options;
  for (const [name, value] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!Number.isInteger(value) || value < 1)
      throw new ConfigError(
        name,
        `${name} is ${showValue(value)}; it must be a whole number of pixels from 1 on.`,
      );
  }
  if (width * height > MAX_PIXELS) {
    throw new ConfigError(
      'width',
      `A picture of ${width} by ${height} pixels is too large; it can have ${MAX_PIXELS} pixels, for instance 4096 by 4096.`,
    );
  }
  for (const [name, value, known] of [
    ['colorMap', colorMap, colorMapNames],
    ['view', view, viewNames],
  ] as const) {
    if (!(known as readonly string[]).includes(value))
      throw new ConfigError(name, `There is no ${name} ${showValue(value)}; there are ${known.join(', ')}.`);
  }
  if (options.component !== undefined && options.attribute === undefined)
    throw new ConfigError('component', 'component is given without attribute, the array that it is of.');
  if (options.slice !== undefined) checkPlane('slice', options.slice);
  if (options.clip !== undefined) checkPlane('clip', options.clip);
  return {
    width,
    height,
    colorMap,
    background: parseColor('background', options.background ?? '#ffffff'),
    nanColor: parseColor('nanColor', options.nanColor ?? '#ff4fd8'),
    scalarBar: options.scalarBar ?? (width >= 300 && height >= 200),
  };
}
