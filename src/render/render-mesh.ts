import { ConfigError } from '../core/errors.ts';
import { countGhosts, describeGhosts, findGhosts } from '../core/ghosts.ts';
import type { Mesh } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { findAxes, type View, viewNames } from './camera.ts';
import { type ColorMapName, colorMapNames, colorTable, parseColor, type Rgb, TABLE_SIZE } from './color.ts';
import { type Field, fieldValues, findField, findScale, placesOn, type Scale } from './field.ts';
import type { Image } from './image.ts';
import { type Frame, projectSteps } from './projection.ts';
import { type Paint, type Places, Rasterizer } from './rasterizer.ts';
import { drawScalarBar, maxTicks, type ScalarBar, scalarBarWidth, textSize } from './scalar-bar.ts';
import { type Scene, sceneSteps } from './scene.ts';
import { type Surface, surfaceSteps } from './surface.ts';
import { type UsedPoints, usedPoints } from './surface-mesh.ts';
import { drawText, fitText } from './text.ts';
import { type Tick, ticksOf } from './ticks.ts';

/** Most pixels of a picture: 4096 by 4096. */
const MAX_PIXELS = 2 ** 24;
/** Number of samples across and down a pixel. */
const SAMPLES_ACROSS_PIXEL = 2;
/** Colour of a mesh that no array colours. */
const PLAIN: Rgb = [188, 196, 206];

/** Options of {@link renderMesh}. */
export interface RenderOptions {
  /**
   * Name of the point or cell array that colours the mesh; vectors by their length. @defaultValue none, a plain mesh
   */
  readonly attribute?: string | undefined;
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
   * @defaultValue `'auto'`: the mesh lies along the picture, broad side to the eye; a mesh in a plane of two axes is
   * seen face on
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

/** Label of a colour bar. */
export interface RenderedLabel {
  readonly value: number;
  readonly text: string;
}

/** A picture of a mesh. */
export interface RenderedImage extends Image {
  /**
   * Values at the ends of the colour map, twice the same where there is only one; absent where no array colours the mesh, or
   * no value of it can have a colour.
   */
  readonly range?: readonly [number, number] | undefined;
  /** Texts that are written beside the colour bar, from the low to the high end; absent where there is none. */
  readonly labels?: readonly RenderedLabel[] | undefined;
  /**
   * Texts of what somebody who looks at the picture does not see: cells that are left out, points at no place, a mesh
   * of no extent.
   */
  readonly warnings: readonly string[];
  /** Number of triangles that were drawn. */
  readonly triangles: number;
}

/**
 * Draws the outer surface of a mesh, coloured by one of its arrays, as seen by a camera that frames it by itself. Colours
 * are looked up at each pixel. Lines and points of the mesh are drawn as tubes and balls a few pixels wide. Cells that
 * `vtkGhostType` marks as copies or as hidden are left out.
 *
 * This holds the thread until it is done; {@link renderMeshAsync} does not.
 *
 * @throws NotFoundError when the mesh has no array `attribute`
 * @throws ConfigError when an option is wrong, or the mesh has nothing that can be drawn
 * @throws FormatError when a cell is malformed
 * @throws UnsupportedError when the faces of a cell are not defined (convex point sets, parametric cells)
 *
 * @example
 * const image = renderMesh(await readMesh('case.vtu'), { attribute: 'pressure' });
 * await writeFile('case.png', await encodePng(image));
 */
export function renderMesh(mesh: Mesh, options: RenderOptions = {}): RenderedImage {
  const steps = renderSteps(mesh, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Does what {@link renderMesh} does, for whoever shares the event loop: never holds it for more than a few
 * milliseconds.
 */
export async function renderMeshAsync(
  mesh: Mesh,
  options: RenderOptions & ReadOptions = {},
): Promise<RenderedImage> {
  return new TimeSlice(options.signal).run(renderSteps(mesh, options));
}

function* renderSteps(mesh: Mesh, options: RenderOptions): Generator<void, RenderedImage> {
  const { attribute, view = 'auto', path = 'mesh', title } = options;
  const look = checkOptions(options);
  const field = attribute === undefined ? undefined : findField(mesh, attribute, path);
  const ghosts = findGhosts(mesh);
  const surface = yield* surfaceSteps(mesh.cells, mesh.points.shape[0] as number, path, ghosts);
  const used = yield* usedPoints(surface, mesh.points.shape[0] as number);
  if (used.kept.length === 0) throw nothingToDraw(mesh, path);
  const scene = yield* sceneSteps(mesh.points, surface, used);
  if (scene.numPlaceless === used.kept.length)
    throw new ConfigError('mesh', `No point of ${path} has finite coordinates, so there is nothing to draw.`);
  const { places, scale } = yield* placeValues(field, scene, surface, used, options);
  const size = textSize(look);
  const table = field === undefined ? repeat(PLAIN) : colorTable(look.colorMap);
  const ticks =
    field === undefined || scale === undefined || !look.scalarBar
      ? undefined
      : ticksOf(scale, maxTicks(look, size));
  const bar = field === undefined || !look.scalarBar ? undefined : makeBar(field, scale, ticks, table, look);
  const paint: Paint = {
    table,
    nan: look.nanColor,
    lighting: options.lighting ?? true,
    edges: options.edges ?? false,
    lineRadius: Math.max(1, look.height / 320),
  };
  const frame = frameOf(look, size, bar, title !== undefined);
  yield;
  const axes = findAxes(view, scene.points, scene.extents, frame.width >= frame.height);
  yield;
  const projection = yield* projectSteps(scene, axes, frame);
  const rasterizer = new Rasterizer(look, SAMPLES_ACROSS_PIXEL, paint);
  yield;
  yield* rasterizer.draw(scene, projection, places);
  const image = yield* rasterizer.resolve(look.background);
  yield;
  const color: Rgb = isDark(look.background) ? [232, 234, 238] : [38, 44, 56];
  if (bar !== undefined) drawScalarBar(image, bar, { size, color }, look.background);
  if (title !== undefined)
    drawText(image, fitText(title, 1.2 * size, look.width - 3 * size), 1.5 * size, 2 * size, {
      size: 1.2 * size,
      color,
    });
  return {
    ...image,
    ...(field === undefined || scale === undefined ? {} : { range: [scale.low, scale.high] as const }),
    ...(ticks === undefined ? {} : { labels: ticks.map(({ value, text }) => ({ value, text })) }),
    triangles: scene.sides.length,
    warnings: [...describeOmissions(mesh, scene), ...describeField(field, scale, options)],
  };
}

function repeat(color: Rgb): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 3 * TABLE_SIZE }, (_, index) => color[index % 3] as number);
}

/** Makes the the bar of a field: one colour where there is one value, or none that has a colour. */
function makeBar(
  { name, components }: Field,
  scale: Scale | undefined,
  ticks: readonly Tick[] | undefined,
  table: Uint8Array,
  look: Look,
): ScalarBar {
  const title = components > 1 ? `|${name}|` : name;
  if (scale === undefined || ticks === undefined)
    return { title, ticks: [{ text: 'no value', place: 0.5 }], table: repeat(look.nanColor) };
  const middle = 3 * Math.floor(TABLE_SIZE / 2);
  const [red = 0, green = 0, blue = 0] = table.subarray(middle, middle + 3);
  return { title, ticks, table: scale.low === scale.high ? repeat([red, green, blue]) : table };
}

function nothingToDraw(mesh: Mesh, path: string): ConfigError {
  const numPoints = mesh.points.shape[0] as number;
  const ghosts = countGhosts(mesh);
  const reason =
    mesh.cells.types.length === 0
      ? `has ${numPoints === 0 ? 'no points and no cells' : `${numPoints} points but no cells`}`
      : ghosts === undefined
        ? 'has no cells that can be seen'
        : `has only cells that vtkGhostType leaves out (${describeGhosts(ghosts)})`;
  return new ConfigError('mesh', `${path} ${reason}, so there is nothing to draw.`);
}

/** Describes what of a mesh is not seen in its picture. */
function describeOmissions(mesh: Mesh, { numPlaceless, points, extents }: Scene): string[] {
  const ghosts = countGhosts(mesh);
  // Copied points are drawn where a cell that is no copy has them.
  const leftOut = ghosts === undefined ? '' : describeGhosts({ ...ghosts, copiedPoints: 0 });
  const warnings: string[] = [];
  if (leftOut !== '') warnings.push(`The picture leaves out what vtkGhostType marks: ${leftOut}.`);
  if (numPlaceless > 0)
    warnings.push(
      `${numPlaceless} of ${points.length / 3} points have a coordinate that is not finite; what has them as corners is not drawn.`,
    );
  if (Math.max(...extents) === 0) warnings.push('All points that are drawn lie at one place.');
  return warnings;
}

function describeField(
  field: Field | undefined,
  scale: Scale | undefined,
  { logScale = false }: RenderOptions,
): string[] {
  if (field === undefined || scale !== undefined) return [];
  return [`No value of "${field.name}" that is seen is ${logScale ? 'positive and ' : ''}finite.`];
}

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorMap: ColorMapName;
  readonly background: Rgb;
  readonly nanColor: Rgb;
  readonly scalarBar: boolean;
}

function checkOptions(options: RenderOptions): Look {
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
  return {
    width,
    height,
    colorMap,
    background: parseColor('background', options.background ?? '#ffffff'),
    nanColor: parseColor('nanColor', options.nanColor ?? '#ff4fd8'),
    scalarBar: options.scalarBar ?? (width >= 300 && height >= 200),
  };
}

/** Computes where the values of what is drawn lie on the scale of colours. */
function* placeValues(
  field: Field | undefined,
  scene: Scene,
  surface: Surface,
  used: UsedPoints,
  { range, logScale = false }: RenderOptions,
): Generator<void, { places: Places; scale: Scale | undefined }> {
  if (field === undefined)
    return { places: { points: new Float32Array(used.kept.length) }, scale: undefined };
  if (field.on === 'points') {
    const values = yield* fieldValues(field, used.kept);
    const scale = findScale([values], range, logScale);
    return { places: { points: yield* placesOn(scale, values) }, scale };
  }
  const { owners } = surface.polygons;
  const values = yield* fieldValues(field, owners);
  const lineValues = yield* fieldValues(field, scene.segmentOwners);
  const scale = findScale([values, lineValues], range, logScale);
  const byPolygon = yield* placesOn(scale, values);
  const triangles = new Float32Array(scene.polygons.length);
  for (let triangle = 0; triangle < triangles.length; triangle++)
    triangles[triangle] = byPolygon[scene.polygons[triangle] as number] as number;
  return { places: { triangles, segments: yield* placesOn(scale, lineValues) }, scale };
}

/** Finds the part of the picture that the mesh has. */
function frameOf(look: Look, size: number, bar: ScalarBar | undefined, hasTitle: boolean): Frame {
  const margin = Math.min(look.width, look.height) * 0.05;
  const right = bar === undefined ? margin : Math.min(scalarBarWidth(bar, size), 0.75 * look.width);
  const top = hasTitle ? Math.max(margin, 3 * size) : margin;
  return {
    left: margin,
    top,
    width: Math.max(1, look.width - margin - right),
    height: Math.max(1, look.height - top - margin),
  };
}

function isDark([red, green, blue]: Rgb): boolean {
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}
