import { ConfigError } from '../core/errors.ts';
import { holdsIntegers, type Mesh } from '../core/mesh.ts';
import { findAxes } from './camera.ts';
import { colorTable, type Rgb } from './color.ts';
import { describeField, describeOmissions, nothingToDraw } from './describe-picture.ts';
import {
  countOutside,
  type Field,
  fieldValues,
  findField,
  findScale,
  type OutsideCounts,
  placesOn,
  type Scale,
} from './field.ts';
import { makeBar, repeat } from './field-bar.ts';
import type { Image } from './image.ts';
import { type Frame, projectSteps } from './projection.ts';
import { type Paint, type Places, Rasterizer } from './rasterizer.ts';
import { checkOptions, type Look, type RenderOptions } from './render-options.ts';
import { drawScalarBar, maxTicks, type ScalarBar, scalarBarWidth, textSize } from './scalar-bar.ts';
import { type Scene, sceneSteps } from './scene.ts';
import { type CuttingCode, shapeSteps } from './shape.ts';
import type { Surface } from './surface.ts';
import { type UsedPoints, usedPoints } from './surface-mesh.ts';
import { drawText, fitText } from './text.ts';
import { ticksOf } from './ticks.ts';

/** Number of samples across and down a pixel. */
const SAMPLES_ACROSS_PIXEL = 2;
/** Colour of a mesh that no array colours. */
const PLAIN: Rgb = [188, 196, 206];

/** Label of a colour bar. */
export interface RenderedLabel {
  readonly value: number;
  readonly text: string;
}

/** Label of a colour bar and its place: 0 at the low end of the bar, 1 at the high end. */
export interface RenderedTick extends RenderedLabel {
  readonly place: number;
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
   * Labels of the bar with their places, also where no bar is drawn. Both of its ends have one; each reads as its value
   * within a hundredth of the distance to the next. Absent where there is no range.
   */
  readonly ticks?: readonly RenderedTick[] | undefined;
  /** Name that stands over the colour bar: of the array, with its component; absent where no array colours the mesh. */
  readonly title?: string | undefined;
  /** Unit behind it; absent where none is known. */
  readonly unit?: string | undefined;
  /** Number of values that are drawn and lie below the range; absent where no array colours the mesh. */
  readonly below?: number | undefined;
  /** Number of those above the range. */
  readonly above?: number | undefined;
  /** Number of those that are not finite, and on a logarithmic scale not positive. */
  readonly notFinite?: number | undefined;
  /**
   * Texts of what somebody who looks at the picture does not see: cells that are left out, points at no place, a mesh
   * of no extent.
   */
  readonly warnings: readonly string[];
  /** Number of triangles that were drawn. */
  readonly triangles: number;
}

/** Draws a mesh in steps; see `render-mesh.ts`. */
export function* renderSteps(
  mesh: Mesh,
  options: RenderOptions,
  cutting: CuttingCode | undefined,
): Generator<void, RenderedImage> {
  const { attribute, component, view = 'auto', path = 'mesh', title } = options;
  const look = checkOptions(options);
  const found = attribute === undefined ? undefined : findField(mesh, attribute, path, component);
  const { points, surface, field } = yield* shapeSteps(mesh, found, options, cutting);
  const used = yield* usedPoints(surface, points.shape[0] as number);
  if (used.kept.length === 0) throw nothingToDraw(mesh, path);
  const scene = yield* sceneSteps(points, surface, used);
  if (scene.numPlaceless === used.kept.length)
    throw new ConfigError('mesh', `No point of ${path} has finite coordinates, so there is nothing to draw.`);
  const { places, scale, counts } = yield* placeValues(field, scene, surface, used, options);
  const size = textSize(look);
  const table = field === undefined ? repeat(PLAIN) : colorTable(look.colorMap);
  const isWhole = found !== undefined && isCount(found);
  const ticks = scale === undefined ? undefined : ticksOf(scale, maxTicks(look, size), isWhole);
  const bar =
    field === undefined || !look.scalarBar
      ? undefined
      : { ...makeBar(field, scale, ticks, table, look.nanColor, counts), unit: options.unit };
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
  const { unit } = options;
  return {
    ...image,
    ...(field === undefined || scale === undefined ? {} : { range: [scale.low, scale.high] as const }),
    ...(ticks === undefined ? {} : { ticks }),
    ...(ticks === undefined || bar === undefined
      ? {}
      : { labels: ticks.map(({ value, text }) => ({ value, text })) }),
    ...(field === undefined
      ? {}
      : { title: field.title, ...(unit === undefined ? {} : { unit }), ...counts }),
    triangles: scene.sides.length,
    warnings: [...describeOmissions(mesh, scene), ...describeField(field, scale, options)],
  };
}

/** Tells whether a field has whole numbers only by its type, so that its scale has no others between them. */
function isCount({ tensor, components, component }: Field): boolean {
  return holdsIntegers(tensor) && (components === 1 || component !== undefined);
}

/** Computes where the values of what is drawn lie on the scale of colours. */
function* placeValues(
  field: Field | undefined,
  scene: Scene,
  surface: Surface,
  used: UsedPoints,
  { range, logScale = false }: RenderOptions,
): Generator<void, { places: Places; scale: Scale | undefined; counts?: OutsideCounts | undefined }> {
  if (field === undefined)
    return { places: { points: new Float32Array(used.kept.length) }, scale: undefined };
  if (field.on === 'points') {
    const values = yield* fieldValues(field, used.kept);
    const scale = findScale([values], range, logScale);
    const counts = yield* countOutside(scale, [values]);
    return { places: { points: yield* placesOn(scale, values) }, scale, counts };
  }
  const { owners } = surface.polygons;
  const values = yield* fieldValues(field, owners);
  const lineValues = yield* fieldValues(field, scene.segmentOwners);
  const scale = findScale([values, lineValues], range, logScale);
  const rows = [owners, scene.segmentOwners];
  const counts = yield* countOutside(scale, [values, lineValues], rows, field.tensor.shape[0]);
  const byPolygon = yield* placesOn(scale, values);
  const triangles = new Float32Array(scene.polygons.length);
  for (let triangle = 0; triangle < triangles.length; triangle++)
    triangles[triangle] = byPolygon[scene.polygons[triangle] as number] as number;
  return { places: { triangles, segments: yield* placesOn(scale, lineValues) }, scale, counts };
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
