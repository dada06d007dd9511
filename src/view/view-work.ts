import type { WorkResult } from '../core/dataset.ts';
import { NotFoundError } from '../core/errors.ts';
import { countValues, type Mesh, type Tensor, type TypedArray } from '../core/mesh.ts';
import { runSteps } from '../core/time-slice.ts';
import { writeSafetensors } from '../graph/safetensors.ts';
import { blendTensor } from '../render/blend.ts';
import { takeRows } from '../render/list-cells.ts';
import { encodePng } from '../render/png.ts';
import { renderMeshAsync } from '../render/render-mesh.ts';
import { type KeptSurface, MeshShelf, NotOnShelf } from './mesh-shelf.ts';
import { type NarrowedValues, narrowValues, readComponent, shownOf, shownValues } from './narrow-values.ts';
import { surfaceAsMesh } from './surface-picture.ts';
import type {
  ProbedValue,
  SliceFacts,
  SliceTensors,
  SurfaceFacts,
  SurfaceTensors,
  ValuesFacts,
  ValuesTensors,
} from './view-protocol.ts';
import type { ShownWish, ViewOutcome, ViewTask } from './view-task.ts';

/** Shelf of this thread. */
const shelf = new MeshShelf();

/** Does a task on this thread, or says what it needs to be given first. */
export async function run(input: unknown, signal: AbortSignal): Promise<WorkResult> {
  const value = await outcomeOf(input as ViewTask, signal).catch((error: unknown): ViewOutcome => {
    if (error instanceof NotOnShelf) return { missing: error.missing };
    throw error;
  });
  return { value, transfer: 'bytes' in value ? [value.bytes.buffer] : [] };
}

async function outcomeOf(task: ViewTask, signal: AbortSignal): Promise<ViewOutcome> {
  switch (task.do) {
    case 'load':
      await shelf.load(task, signal);
      return { loaded: true };
    case 'surface':
      return { bytes: packSurface(shelf.surface(task.mesh)) };
    case 'values':
      return { bytes: packValues(task) };
    case 'slice':
      return { bytes: await packSlice(task, signal) };
    case 'probe':
      return { probed: probe(task) };
    case 'picture':
      return { bytes: await drawPicture(task, signal) };
  }
}

function packSurface({
  tensors,
  centre,
  bounds,
  name,
  meshPoints,
  meshCells,
}: KeptSurface): Uint8Array<ArrayBuffer> {
  const facts: SurfaceFacts = { mesh: name, centre, bounds, meshPoints, meshCells };
  return pack(tensors, facts);
}

function packValues(wish: ShownWish): Uint8Array<ArrayBuffer> {
  const { name } = shelf.surface(wish.mesh);
  const shown = shownValues(
    shelf.rows(wish),
    readComponent(wish.component, shelf.rows(wish), wish.array.name),
  );
  if (wish.minus !== undefined) {
    shelf.requireEqual(wish.mesh, wish.minus.mesh);
    const rows = shelf.rows(wish.minus);
    subtract(shown, shownValues(rows, readComponent(wish.component, rows, wish.minus.array.name)));
  }
  const { values, ...narrowed } = narrowValues(shown);
  const tensors: ValuesTensors = { values };
  return pack(tensors, factsOf(narrowed, wish, name));
}

async function packSlice(
  { mesh, plane, shown }: Extract<ViewTask, { readonly do: 'slice' }>,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { name } = shelf.surface(mesh);
  const slice = await shelf.slice(mesh, plane, signal);
  let tensors: SliceTensors = slice.tensors;
  let facts: SliceFacts = { centre: slice.centre, values: undefined };
  if (shown !== undefined) {
    const valuesOf = (from: ShownWish | NonNullable<ShownWish['minus']>): Float64Array<ArrayBuffer> => {
      const whole = shelf.array(from);
      const { cells } = slice.tensors;
      const rows = new Int32Array(cells.buffer, cells.byteOffset, cells.length);
      const steps = from.array.on === 'node' ? blendTensor(whole, slice.blend) : takeRows(whole, rows);
      return shownValues(runSteps(steps), readComponent(shown.component, whole, from.array.name));
    };
    const values = valuesOf(shown);
    if (shown.minus !== undefined) {
      shelf.requireEqual(mesh, shown.minus.mesh);
      subtract(values, valuesOf(shown.minus));
    }
    const { values: narrow, ...narrowed } = narrowValues(values);
    tensors = { ...tensors, values: narrow };
    facts = { ...facts, values: factsOf(narrowed, shown, name) };
  }
  return pack(tensors, facts);
}

/** Reads a value as the file has it: on the surface, else of the whole array. */
function probe(
  task: Extract<ViewTask, { readonly do: 'probe' }>,
): Pick<ProbedValue, 'position' | 'value' | 'text' | 'components'> {
  const { mesh, number, of, array } = task;
  const surface = shelf.surface(mesh);
  const count = of === 'node' ? surface.meshPoints : surface.meshCells;
  if (number >= count) {
    const what = of === 'node' ? 'point' : 'cell';
    throw new NotFoundError(`${mesh.path} has no ${what} ${number}: its ${what}s are 0 … ${count - 1}.`);
  }
  const numbers = of === 'node' ? surface.tensors.points : surface.tensors.cells;
  const place = numbers.indexOf(number);
  const position = of === 'node' ? placeOf(mesh, number, place) : undefined;
  if (array.on !== of) {
    const has = array.on === 'node' ? 'points' : 'cells';
    throw new NotFoundError(`The array "${array.name}" of ${mesh.path} has values of ${has}.`);
  }
  const read = (from: ShownWish | NonNullable<ShownWish['minus']>): Tensor =>
    place >= 0 ? shelf.rows(from) : shelf.array(from);
  const row = place >= 0 ? place : number;
  const own = rowOf(read(task), row, task);
  if (task.minus === undefined) {
    const { value, text, components } = own;
    return { position, value, text, components };
  }
  shelf.requireEqual(mesh, task.minus.mesh);
  const other = rowOf(read(task.minus), row, task);
  const value = own.number - other.number;
  const components = own.numbers.map((each, at) => String(each - (other.numbers[at] as number)));
  return { position, value: Number.isFinite(value) ? value : null, text: String(value), components };
}

function placeOf(
  mesh: ShownWish['mesh'],
  number: number,
  place: number,
): NonNullable<ProbedValue['position']> {
  const [data, at] =
    place >= 0 ? [shelf.surface(mesh).places, place] : [shelf.mesh(mesh).points.data, number];
  return [data[3 * at] as number, data[3 * at + 1] as number, data[3 * at + 2] as number];
}

function rowOf(
  rows: Tensor,
  row: number,
  { component, array }: ShownWish,
): {
  readonly value: number | null;
  readonly text: string;
  readonly components: readonly string[];
  readonly number: number;
  readonly numbers: readonly number[];
} {
  const width = countValues(rows.shape.slice(1));
  const shown = readComponent(component, rows, array.name);
  const first = row * width;
  const raw = Array.from({ length: width }, (_, at) => rows.data[first + at] as number | bigint);
  const number = shownOf(rows.data, first, width, shown);
  // A 64-bit number has all of its digits.
  const text = width === 1 || shown !== undefined ? String(raw[shown ?? 0]) : String(number);
  return {
    value: Number.isFinite(number) ? number : null,
    text,
    components: raw.map(String),
    number,
    numbers: raw.map(Number),
  };
}

async function drawPicture(
  { mesh, array, width, height }: Extract<ViewTask, { readonly do: 'picture' }>,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const surface = shelf.surface(mesh);
  const rows = array === undefined ? undefined : shelf.rows({ mesh, array });
  const drawn: Mesh = surfaceAsMesh(surface, array, rows);
  const image = await renderMeshAsync(drawn, {
    attribute: array?.name,
    width,
    height,
    scalarBar: false,
    path: mesh.path,
    signal,
  });
  return await encodePng(image);
}

function subtract(values: Float64Array, less: Float64Array): void {
  for (let at = 0; at < values.length; at++) values[at] = (values[at] as number) - (less[at] as number);
}

function factsOf(narrowed: Omit<NarrowedValues, 'values'>, wish: ShownWish, mesh: string): ValuesFacts {
  return { array: wish.called, on: wish.array.on, mesh, step: wish.step, ...narrowed };
}

/** Number of values in a row of the tensors that have several. */
const ROW_LENGTHS: Readonly<Record<string, number>> = { positions: 3, triangles: 3, lines: 2 };

/** Packs tensors and facts as safetensors. */
function pack(
  tensors: SurfaceTensors | SliceTensors | ValuesTensors,
  facts: SurfaceFacts | SliceFacts | ValuesFacts,
): Uint8Array<ArrayBuffer> {
  const named = Object.entries(tensors as unknown as Readonly<Record<string, TypedArray>>);
  const shaped = named.map(([name, data]): [string, Tensor] => {
    const width = ROW_LENGTHS[name] ?? 1;
    return [name, { data, shape: width === 1 ? [data.length] : [data.length / width, width] }];
  });
  return writeSafetensors(shaped, { facts: JSON.stringify(facts) });
}
