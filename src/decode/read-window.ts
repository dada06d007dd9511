import type { GraphData, Normalization } from '../core/graph.ts';
import type { Tensor } from '../core/mesh.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { inNoPart, pointArrayInCells } from '../core/wished-arrays.ts';
import { makeRecord } from '../graph/record.ts';
import { copyTensor, stackSteps } from '../graph/stack-steps.ts';
import { checkMeshes, checkSteps } from './check-steps.ts';
import type { DecodeInput, ReadSample } from './decode-input.ts';
import { type KeptMesh, keptSeries, limitSeries, type StepArrays } from './kept-series.ts';
import { WindowReader } from './load-step.ts';
import { memory } from './thread-memory.ts';
import type { WindowInput } from './window-input.ts';

/** A part of a sample at its steps, read. */
interface ReadPart {
  readonly graph: GraphData;
  readonly mesh: KeptMesh;
  readonly steps: readonly StepArrays[];
}

/**
 * Reads a sample of one or more steps of a series: what this thread has of the series it takes from there, and keeps the mesh
 * and the last steps for the windows to come. The sample has its memory for itself.
 *
 * @throws FormatError naming two files, where the steps of a window have other meshes or arrays
 */
export async function readWindow(
  input: DecodeInput,
  window: WindowInput,
  signal: AbortSignal | undefined,
): Promise<ReadSample> {
  const series = keptSeries(window.series);
  const reader = new WindowReader(input, window, series);
  try {
    const read: ReadPart[] = [];
    let box: Normalization | undefined;
    for (const at of window.parts.keys()) {
      const part = await readPart(reader, at, box, signal);
      if (at === 0) box = part.graph.normalization;
      read.push(part);
    }
    const [first, ...others] = read as [ReadPart, ...ReadPart[]];
    if (window.parts[0]?.name !== undefined) refuseMissing(input, window, read);
    const parts = others.map(({ graph }, at) => [window.parts[at + 1]?.name ?? '', graph] as const);
    const graph = { ...first.graph, times: timesOf(window, first.steps) };
    return {
      graph: parts.length === 0 ? graph : { ...graph, parts: makeRecord(parts) },
      meshes: reader.decoded,
      bytesRead: reader.bytesRead,
      ...(window.keep ? { pieces: await reader.pieces() } : undefined),
    };
  } finally {
    reader.release();
    const moving = window.parts.filter(({ isStatic }) => !isStatic).length;
    series.keepSteps(window.keptSteps * moving);
    limitSeries(window.maxBytes);
  }
}

async function readPart(
  reader: WindowReader,
  at: number,
  box: Normalization | undefined,
  signal: AbortSignal | undefined,
): Promise<ReadPart> {
  const { window, input } = reader;
  const part = window.parts[at] as WindowInput['parts'][number];
  const { mesh: own, steps } = await reader.read(at, box, signal);
  const [mesh = own] = steps.map((step) => step.mesh);
  if (mesh === undefined) throw new Error(`no step of ${input.path} was read`);
  const slice = new TimeSlice(signal);
  await checkMeshes(steps, window.steps, slice);
  checkSteps(steps, window.steps);
  const { graph: kept } = mesh;
  const graph: GraphData = {
    ...kept,
    id: input.id,
    pos: copyTensor(kept.pos, memory),
    edgeIndex: copyTensor(kept.edgeIndex, memory),
    node: makeRecord(await arraysOf(steps, kept.node, 'node', window.isStacked, slice)),
    cell: makeRecord(await arraysOf(steps, kept.cell, 'cell', window.isStacked, slice)),
  };
  return { graph, mesh, steps: part.isStatic ? [] : steps };
}

/** Makes the arrays of a sample: those of its steps, stacked, then the static ones. */
async function arraysOf(
  steps: readonly StepArrays[],
  statics: Readonly<Record<string, Tensor>>,
  kind: 'node' | 'cell',
  isStacked: boolean,
  slice: TimeSlice,
): Promise<[string, Tensor][]> {
  const arrays: [string, Tensor][] = [];
  for (const [name, first] of steps[0]?.[kind] ?? []) {
    // A single step is nobody else's.
    if (!isStacked) arrays.push([name, first]);
    else {
      const all = steps.map((step) => step[kind].get(name) as Tensor);
      arrays.push([name, await slice.run(stackSteps(all, memory))]);
    }
    await slice.pause();
  }
  for (const [name, tensor] of Object.entries(statics)) arrays.push([name, copyTensor(tensor, memory)]);
  return arrays;
}

/** Gives the times of the steps: those that are known, or that all files tell, else the numbers of the steps. */
function timesOf(
  { steps, times }: WindowInput,
  read: readonly StepArrays[],
): NonNullable<GraphData['times']> {
  const told = read.map(({ time }) => time).filter((time) => time !== undefined);
  const isTold = told.length === steps.length;
  const data = Float64Array.from(times ?? (isTold ? told : steps));
  return { data, shape: [data.length] };
}

/** Refuses a name in `attributes` that no part of a sample has. */
function refuseMissing(
  { id, attributes, lacksParts = false }: DecodeInput,
  { parts }: WindowInput,
  read: readonly ReadPart[],
): void {
  if (lacksParts) return;
  const missing = attributes?.find((name) =>
    read.every(({ graph: { node, cell } }) => node[name] === undefined && cell[name] === undefined),
  );
  if (missing === undefined) return;
  const found = read.map(({ mesh: { path, header, leftOut } }, at) => {
    const { pointArrays = [], cellArrays = [] } = header ?? {};
    const name = parts[at]?.name ?? '';
    return {
      path,
      name,
      header: { pointArrays, cellArrays },
      leftOut: leftOut.filter((each) => each.name === missing),
    };
  });
  const inCells = found.find(
    ({ header }, at) => parts[at]?.graphOf === 'cells' && header.pointArrays.includes(missing),
  );
  throw inCells === undefined
    ? inNoPart(missing, id, found)
    : pointArrayInCells('includeAttributes', missing, inCells.path, inCells.header.cellArrays);
}
