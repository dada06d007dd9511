import { ConfigError, NotFoundError } from '../core/errors.ts';
import { countValues, isTensor, type Mesh, type Tensor } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';

/** Number of rows read between two yields. */
const ROWS_PER_STEP = 2 ** 16;

/** An array that colours a mesh. */
export interface Field {
  readonly name: string;
  readonly on: 'points' | 'cells';
  readonly tensor: Tensor;
  /** Values in a row; a row of several counts by its length where no component is chosen. */
  readonly components: number;
  /** Number of the value in a row that counts. @defaultValue none: their length */
  readonly component?: number | undefined;
  /** Name for who looks at the picture: with the component, or as a length. */
  readonly title: string;
}

/** A component of a vector: by its letter, or its number from 0 on. */
export type Component = 'x' | 'y' | 'z' | number;

/**
 * Finds the array of a mesh called `name`: a point array, else a cell array.
 *
 * @throws NotFoundError when there is none
 * @throws ConfigError when it has no values a row, or strings
 */
export function findField(mesh: Mesh, name: string, path: string, component?: Component | undefined): Field {
  const inPoints = mesh.pointData.get(name);
  const on = isTensor(inPoints) ? 'points' : 'cells';
  const tensor = isTensor(inPoints) ? inPoints : (mesh.cellData.get(name) ?? inPoints);
  if (tensor === undefined) {
    const list = (data: Mesh['pointData']): string =>
      [...data.keys()].map((key) => `"${key}"`).join(', ') || 'none';
    throw new NotFoundError(
      `${path} has no array "${name}". Its point arrays: ${list(mesh.pointData)}; its cell arrays: ${list(mesh.cellData)}.`,
    );
  }
  if (!isTensor(tensor)) {
    throw new ConfigError(
      'attribute',
      `The array "${name}" of ${path} holds strings, which have no place on a scale of colours.`,
    );
  }
  const components = countValues(tensor.shape.slice(1));
  if (components === 0) throw new ConfigError('attribute', `The array "${name}" of ${path} has no values.`);
  const number = component === undefined ? undefined : checkComponent(component, name, components);
  const names = (on === 'points' ? mesh.details?.pointData : mesh.details?.cellData)?.arrays.get(name);
  const title = titleOf(name, components, number, names?.componentNames);
  return { name, on, tensor, components, component: number, title };
}

/**
 * Finds the number of a component.
 *
 * @throws ConfigError when the array has not as many
 */
function checkComponent(component: Component, name: string, components: number): number {
  const letter = ['x', 'y', 'z'].indexOf(component as string);
  const number = letter === -1 ? component : letter;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number < components)
    return number;
  const has =
    components === 1
      ? 'one value a row, which is its only component, 0'
      : `the components 0 … ${components - 1}${components <= 3 ? ` (${['x', 'y', 'z'].slice(0, components).join(', ')})` : ''}`;
  throw new ConfigError('component', `component is ${showValue(component)}; the array "${name}" has ${has}.`);
}

function titleOf(
  name: string,
  components: number,
  component: number | undefined,
  names: readonly string[] = [],
): string {
  if (components === 1) return name;
  if (component === undefined) return `|${name}|`;
  const own = names[component] ?? '';
  const letter = components <= 3 ? ['x', 'y', 'z'][component] : undefined;
  return `${name} ${own === '' ? (letter ?? component) : own}`;
}

/**
 * Computes the values of some rows of a field, as numbers: of several components the length (root of the sum of
 * squares).
 */
export function* fieldValues(
  { tensor: { data }, components, component }: Field,
  rows: Int32Array,
): Generator<void, Float64Array<ArrayBuffer>> {
  const values = new Float64Array(rows.length);
  for (let begin = 0; begin < rows.length; begin += ROWS_PER_STEP) {
    const end = Math.min(begin + ROWS_PER_STEP, rows.length);
    for (let at = begin; at < end; at++) {
      const first = (rows[at] as number) * components;
      if (components === 1 || component !== undefined) {
        values[at] = Number(data[first + (component ?? 0)]);
        continue;
      }
      let sum = 0;
      for (let place = 0; place < components; place++) sum += Number(data[first + place]) ** 2;
      values[at] = Math.sqrt(sum);
    }
    yield;
  }
  return values;
}

/** Values at the ends of a colour map; they are the same where all values are. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/**
 * Finds the scale of some values: the range that was asked for, else that of the finite values (of the positive ones on
 * a logarithmic scale); undefined where there are none.
 *
 * @throws ConfigError when the range that was asked for cannot be used
 */
export function findScale(
  values: readonly Float64Array[],
  range: readonly [number, number] | undefined,
  log: boolean,
): Scale | undefined {
  if (range !== undefined) {
    const [low, high] = range;
    if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high || (log && low <= 0)) {
      const needs = log ? 'two positive numbers' : 'two numbers';
      throw new ConfigError(
        'range',
        `range is ${low} … ${high}; it must be ${needs}, the smaller one first.`,
      );
    }
    return { low, high, log };
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const part of values) {
    for (let at = 0; at < part.length; at++) {
      const value = part[at] as number;
      if (value - value !== 0 || (log && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low > high ? undefined : { low, high, log };
}

/**
 * Computes where values lie on a scale: 0 at its low end, 1 at its high end, half way where both are one value, NaN
 * where they are not on it at all.
 */
export function* placesOn(
  scale: Scale | undefined,
  values: Float64Array,
): Generator<void, Float32Array<ArrayBuffer>> {
  if (scale === undefined) return new Float32Array(values.length).fill(Number.NaN);
  const { log } = scale;
  const low = log ? Math.log(scale.low) : scale.low;
  const span = (log ? Math.log(scale.high) : scale.high) - low;
  const places = new Float32Array(values.length);
  for (let begin = 0; begin < values.length; begin += ROWS_PER_STEP) {
    const end = Math.min(begin + ROWS_PER_STEP, values.length);
    for (let at = begin; at < end; at++) {
      const value = values[at] as number;
      const place = span === 0 ? 0.5 : ((log ? Math.log(value) : value) - low) / span;
      // Far outside is as good as outside, and can still be mixed with others.
      places[at] =
        value - value !== 0 || (log && value <= 0) ? Number.NaN : Math.min(1e6, Math.max(-1e6, place));
    }
    yield;
  }
  return places;
}

/** Numbers of values that lie outside a scale. */
export interface OutsideCounts {
  /** Values below its low end. */
  readonly below: number;
  /** Values above its high end. */
  readonly above: number;
  /** Values that are not finite, or on a logarithmic scale not positive. */
  readonly notFinite: number;
}

/**
 * Counts the values that lie outside a scale.
 *
 * @param rows - row of the array that each value is of, where several may be of one, which counts once
 * @param numRows - number of rows that the array has
 */
export function* countOutside(
  scale: Scale | undefined,
  values: readonly Float64Array[],
  rows: readonly Int32Array[] = [],
  numRows = 0,
): Generator<void, OutsideCounts> {
  // Without a scale no value has a place.
  const { low, high, log } = scale ?? { low: Number.NaN, high: Number.NaN, log: false };
  const isCounted = new Uint8Array(numRows);
  let [below, above, notFinite] = [0, 0, 0];
  for (const [index, part] of values.entries()) {
    for (let at = 0; at < part.length; at++) {
      if (at % ROWS_PER_STEP === 0) yield;
      const value = part[at] as number;
      if (value >= low && value <= high) continue;
      const row = rows[index]?.[at];
      if (row !== undefined) {
        if (isCounted[row] === 1) continue;
        isCounted[row] = 1;
      }
      if (scale === undefined || value - value !== 0 || (log && value <= 0)) notFinite++;
      else if (value < low) below++;
      else above++;
    }
  }
  return { below, above, notFinite };
}
