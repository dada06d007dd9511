import { BufferPool } from '../core/buffer-pool.ts';
import { isGhostArray } from '../core/ghosts.ts';
import type { ArrayHeader, MeshFile } from '../core/mesh-format.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { FileGroup } from '../files/file-group.ts';
import { asType } from '../formats/arrays/join-arrays.ts';
import { isGraphPath, openMesh } from '../formats/registry.ts';
import { joinArrays } from '../mesh/piece-headers.ts';
import type { MeasuredField, MeasuredMesh, MeasuredSample, OverPoints } from './measured-sample.ts';
import { type Moments, mergeMoments, momentSteps, NO_MOMENTS } from './moments.ts';

/** Smaller buffers come from the heap of the process, and cost less than handing them back. */
const MIN_KEPT_BYTES = 64 * 1024;

/** Memory of this thread for the arrays to come. */
const memory = new BufferPool(32 * 1024 ** 2);

/** Input for measuring the stored arrays of one sample, on any thread: it survives structured cloning. */
export interface MeasureInput {
  /** Meshes of the sample: of one without parts its own. */
  readonly meshes: readonly MeasuredMesh[];
  /** Names of the arrays; all when undefined. */
  readonly attributes: readonly string[] | undefined;
  /** Bytes of the files that are here as a whole, by where they lie. */
  readonly sizes: ReadonlyMap<string, number>;
}

export type { MeasuredField, MeasuredSample, OverPoints };

/** Measures the arrays of a sample as they are stored; points and cells are not read. */
export async function measureSample(input: MeasureInput, signal?: AbortSignal): Promise<MeasuredSample> {
  const { meshes, attributes } = input;
  const measured: MeasuredSample[] = [];
  for (const mesh of meshes) measured.push(await measureMesh(mesh, attributes, signal));
  const [own] = measured as [MeasuredSample];
  const known = measured.flatMap((each) => each.known ?? []);
  const overPoints = measured.flatMap((each) => each.overPoints ?? []);
  return {
    nodes: own.nodes,
    cells: own.cells,
    fields: measured.flatMap(({ fields }) => fields),
    ...(known.length === 0 ? undefined : { known: [...new Set(known)] }),
    ...(overPoints.length === 0 ? undefined : { overPoints }),
  };
}

async function measureMesh(
  mesh: MeasuredMesh,
  attributes: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<MeasuredSample> {
  const { path, parsed, ofCells = false } = mesh;
  if (isGraphPath(path)) {
    const { measureStoredGraph } = await import('./measure-stored-graph.ts');
    return measureStoredGraph(mesh, attributes, signal);
  }
  const pieceOf = (relative: string): string | undefined => resolveSibling(path, relative);
  const files = new FileGroup(path, (relative) => mesh.pieces.get(pieceOf(relative) ?? ''));
  try {
    const access = await files.open(mesh.file, signal);
    const opened = await openMesh(access, { path, parsed: parsed.get(path), signal });
    const { header } = opened;
    const pieces: MeshFile[] = [];
    for (const name of header.pieceFiles) {
      const piece = pieceOf(name) ?? name;
      const file = await files.openSibling(name, signal);
      pieces.push(await openMesh(file, { path: piece, parsed: parsed.get(piece), signal }));
    }
    const isCollection = header.pieceFiles.length > 0;
    const holders = isCollection ? pieces : [opened];
    const headers = holders.map((holder) => holder.header);
    const arrays = isCollection ? joinArrays(header, headers).arrays : header.arrays;
    const wanted = arrays.filter((array) => isWanted(array, attributes, ofCells));
    const fields = await measureArrays(holders, wanted, { isCollection, signal });
    const sum = (what: 'points' | 'cells'): number =>
      headers.reduce((total, each) => total + (each[what] ?? 0), 0);
    const isThere = (name: string): boolean => wanted.some((array) => array.name === name);
    const names = arrays.filter((array) => isWanted(array, undefined, ofCells)).map(({ name }) => name);
    const isOverPoints = (name: string): boolean =>
      !isThere(name) && arrays.some((array) => array.name === name && array.on === 'node');
    const overPoints = ofCells ? (attributes ?? []).filter(isOverPoints) : [];
    return {
      nodes: sum(ofCells ? 'cells' : 'points'),
      cells: ofCells ? 0 : sum('cells'),
      fields: wanted.map(({ name, on, components }, index) => ({
        name: `${mesh.prefix}${ofCells ? 'node' : on}.${name}`,
        shape: components === 1 ? [] : [components],
        ...(fields[index] as Pick<MeasuredField, 'rows' | 'moments'>),
      })),
      ...(attributes?.every(isThere) === false ? { known: names } : undefined),
      ...(overPoints.length === 0
        ? undefined
        : { overPoints: [{ path, names: overPoints, cellArrays: names }] }),
    };
  } finally {
    await files.close();
  }
}

/** Tells whether an array is measured: marks of ghosts are no field, and only measured where they are named. */
function isWanted(
  { name, on, type }: ArrayHeader,
  attributes: readonly string[] | undefined,
  ofCells: boolean,
): boolean {
  if (on === 'field' || type === 'String' || (ofCells && on === 'node')) return false;
  return attributes === undefined ? !isGhostArray(name) : attributes.includes(name);
}

async function measureArrays(
  holders: readonly MeshFile[],
  wanted: readonly ArrayHeader[],
  { isCollection, signal }: { readonly isCollection: boolean; readonly signal: AbortSignal | undefined },
): Promise<readonly Pick<MeasuredField, 'rows' | 'moments'>[]> {
  const slice = new TimeSlice(signal);
  const places = new Map(wanted.map((array, index) => [`${array.on} ${array.name}`, index]));
  const fields = wanted.map(({ components }) => ({
    rows: 0,
    moments: Array.from({ length: components }, () => NO_MOMENTS) as readonly Moments[],
  }));
  const attributes = [...new Set(wanted.map(({ name }) => name))];
  // In the order of the pieces, so that the last digit is always the same.
  for (const holder of wanted.length === 0 ? [] : holders) {
    for await (const { name, on, tensor } of holder.arrays({ attributes, buffers: memory, signal })) {
      const place = places.get(`${on} ${name}`);
      const [rows = 0] = tensor.shape;
      if (place === undefined || rows === 0) continue;
      const { components, type } = wanted[place] as ArrayHeader;
      const { data } = isCollection ? asType(tensor, type) : tensor;
      const moments = await slice.run(momentSteps(data, components));
      if (tensor.data.byteLength >= MIN_KEPT_BYTES) memory.give(tensor.data.buffer);
      const field = fields[place] as (typeof fields)[number];
      field.rows += rows;
      field.moments = field.moments.map((before, at) => mergeMoments(before, moments[at] as Moments));
    }
  }
  return fields;
}
