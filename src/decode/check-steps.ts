import { FormatError } from '../core/errors.ts';
import type { Mesh, Tensor } from '../core/mesh.ts';
import { showNames } from '../core/show-value.ts';
import type { TimeSlice } from '../core/time-slice.ts';
import type { KeptMesh, StepArrays } from './kept-series.ts';

/** Words that are compared between two looks at the clock. */
const WORDS_PER_STEP = 2 ** 20;

/**
 * Checks that the steps of a window have one mesh.
 *
 * @param numbers - of the steps
 * @throws FormatError naming two files that have not
 */
export async function checkMeshes(
  steps: readonly StepArrays[],
  numbers: readonly number[],
  slice: TimeSlice,
): Promise<void> {
  const [first, ...others] = steps;
  for (const [at, step] of others.entries()) {
    if (first === undefined || step.mesh === first.mesh) continue;
    const difference = await differenceOf(first.mesh, step.mesh, slice);
    if (difference === undefined) continue;
    throw otherMesh(difference, { path: step.path, number: numbers[at + 1] }, first.path);
  }
}

/** Makes the error of a file whose mesh is another one than that of a file before it. */
export function otherMesh(
  difference: string,
  { path, number }: { readonly path: string; readonly number?: number | undefined },
  other: string,
): FormatError {
  const step = number === undefined ? '' : ` at step ${number}`;
  return new FormatError(
    `has another mesh${step} than ${other} of the same window: ${difference}. A window has one mesh; without time.window each step is a sample with a mesh of its own`,
    { path },
  );
}

/** Finds in what two meshes differ, as the end of a sentence; undefined where they are the same bit by bit. */
export async function differenceOf(
  one: KeptMesh,
  other: KeptMesh,
  slice: TimeSlice,
): Promise<string | undefined> {
  if (one.mesh !== undefined && other.mesh !== undefined)
    return differenceOfMeshes(one.mesh, other.mesh, slice);
  const counts = differenceOfCounts(countsOf(one), countsOf(other));
  if (counts !== undefined) return counts;
  if (!(await isSame(one.graph.edgeIndex.data, other.graph.edgeIndex.data, slice))) return 'cells differ';
  return (await isSame(one.graph.pos.data, other.graph.pos.data, slice)) ? undefined : MOVED;
}

const MOVED = 'points are at other places, and moving points in a window are not supported yet';

/** Counts of a mesh. */
export interface MeshCounts {
  readonly points: number | undefined;
  readonly cells: number | undefined;
}

/** Finds in which counts two meshes differ, as far as they are known. */
export function differenceOfCounts(one: MeshCounts, other: MeshCounts): string | undefined {
  const isOther = (a: number | undefined, b: number | undefined): boolean =>
    a !== undefined && b !== undefined && a !== b;
  if (!isOther(one.points, other.points) && !isOther(one.cells, other.cells)) return undefined;
  return `${other.points} points and ${other.cells} cells beside ${one.points} and ${one.cells}`;
}

/** Takes the counts of a mesh that is kept. */
export function countsOf({ header, graph }: KeptMesh): MeshCounts {
  if (header !== undefined) return { points: header.points, cells: header.cells };
  return { points: graph.numNodes, cells: graph.numCells };
}

async function differenceOfMeshes(
  one: Pick<Mesh, 'points' | 'cells'>,
  other: Pick<Mesh, 'points' | 'cells'>,
  slice: TimeSlice,
): Promise<string | undefined> {
  const counts = differenceOfCounts(sizeOf(one), sizeOf(other));
  if (counts !== undefined) return counts;
  for (const name of ['types', 'offsets', 'connectivity', 'faces', 'faceOffsets'] as const) {
    const [mine, theirs] = [one.cells[name], other.cells[name]];
    if (mine === theirs) continue;
    if (mine === undefined || theirs === undefined || !(await isSame(mine, theirs, slice)))
      return `${name} of the cells differ`;
  }
  const [mine, theirs] = [one.points.data, other.points.data];
  if (mine.BYTES_PER_ELEMENT !== theirs.BYTES_PER_ELEMENT) return 'points are of other types';
  return (await isSame(mine, theirs, slice)) ? undefined : MOVED;
}

function sizeOf({ points, cells }: Pick<Mesh, 'points' | 'cells'>): MeshCounts {
  return { points: points.shape[0], cells: cells.types.length };
}

/** Tells whether two arrays are the same bit by bit. */
async function isSame(one: ArrayBufferView, other: ArrayBufferView, slice: TimeSlice): Promise<boolean> {
  if (one.byteLength !== other.byteLength) return false;
  const words = Math.floor(one.byteLength / 4);
  const [a, b] = [one, other].map(({ buffer, byteOffset }) => new Int32Array(buffer, byteOffset, words));
  for (let from = 0; from < words; from += WORDS_PER_STEP) {
    if (firstOther(a as Int32Array, b as Int32Array, from, Math.min(words, from + WORDS_PER_STEP)) >= 0)
      return false;
    await slice.pause();
  }
  const bytesOf = (view: ArrayBufferView): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset + 4 * words, view.byteLength - 4 * words);
  const rest = bytesOf(other);
  return bytesOf(one).every((byte, at) => byte === rest[at]);
}

function firstOther(one: Int32Array, other: Int32Array, from: number, end: number): number {
  for (let at = from; at < end; at++) if (one[at] !== other[at]) return at;
  return -1;
}

/**
 * Checks that the steps of a window have the same arrays, each of one type and number of components.
 *
 * @throws FormatError naming two files or arrays that have not
 */
export function checkSteps(steps: readonly StepArrays[], numbers: readonly number[]): void {
  const [first, ...others] = steps;
  if (first === undefined) return;
  for (const [index, step] of others.entries()) {
    const at = index + 1;
    for (const kind of ['node', 'cell'] as const) {
      refuseOtherNames(first, step, kind, [numbers[0], numbers[at]]);
      for (const [name, tensor] of step[kind]) {
        const before = describe(first[kind].get(name) as Tensor);
        const now = describe(tensor);
        if (before === now) continue;
        throw new FormatError(
          `is ${now} at step ${numbers[at]} (${step.path}) and ${before} at step ${numbers[0]} (${first.path}): the steps of a window must be alike`,
          { path: step.path, array: name },
        );
      }
    }
  }
}

function refuseOtherNames(
  first: StepArrays,
  step: StepArrays,
  kind: 'node' | 'cell',
  [before, now]: readonly (number | undefined)[],
): void {
  const lacks = [...first[kind].keys()].find((name) => !step[kind].has(name));
  const more = [...step[kind].keys()].find((name) => !first[kind].has(name));
  const name = lacks ?? more;
  if (name === undefined) return;
  const [without, withIt, a, b] =
    lacks === undefined ? [first, step, before, now] : [step, first, now, before];
  throw new FormatError(
    `has no ${kind} array "${name}" at step ${a}, and ${withIt.path} has one at step ${b}: the steps of a window must have the same arrays. Name in includeAttributes those that all of them have; its ${kind} arrays are: ${showNames([...without[kind].keys()])}`,
    { path: without.path },
  );
}

/** Describes the type and components of an array; 64-bit integers count as one type however they are held. */
function describe({ data, shape, storedAs }: Tensor): string {
  const type = storedAs ?? data.constructor.name.replace('Array', '');
  const row = shape.slice(1);
  return row.length === 0 ? type : `${type} of ${row.join(' × ')} components`;
}
