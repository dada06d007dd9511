import { BufferPool } from '../core/buffer-pool.ts';
import { countGhosts, type GhostCounts } from '../core/ghosts.ts';
import type { GraphData, Metadata } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import type { FilePlace } from '../core/held-file.ts';
import type { LeftOutArray, Mesh, ParsedHeader, SiblingFile } from '../core/mesh.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { noSuchArray, refuseWish, stringsInGraph } from '../core/wished-arrays.ts';
import { FileGroup } from '../files/file-group.ts';
import { openPlace } from '../files/ranged-file.ts';
import { openMesh } from '../formats/registry.ts';
import { meshToGraphSteps } from '../graph/mesh-to-graph.ts';
import type { Scales } from '../graph/standardize.ts';
import { applyTransforms, type TransformModule } from './transform.ts';

/** Input for the decoding of one sample to a graph, on any thread: it survives structured cloning. */
export interface DecodeInput {
  readonly id: string;
  /** Path inside the source, for messages. */
  readonly path: string;
  /** Place of the file on this machine: the mesh, or the decoded sample as it was kept. */
  readonly file: FilePlace;
  /** True when `file` is the decoded sample. */
  readonly isDecoded: boolean;
  /** True when the decoded sample is wanted as a file, too. */
  readonly keep: boolean;
  /** Places of its pieces, by their paths inside the source. */
  readonly pieces: ReadonlyMap<string, FilePlace>;
  /** Bytes of the files that are here as a whole, by where they lie. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Headers that were read before, by the paths of their files inside the source. @defaultValue none */
  readonly parsed?: ReadonlyMap<string, ParsedHeader> | undefined;
  /** Arrays to read; all when undefined. */
  readonly attributes: readonly string[] | undefined;
  readonly normalize: boolean;
  /** Numbers by which arrays are standardized. @defaultValue none */
  readonly standardize?: Scales | undefined;
  readonly metadata: Metadata;
  /** Transforms that are applied to the graph once it is made. */
  readonly transforms: readonly TransformModule[];
}

/** A sample, and what it took. */
export interface DecodedSample {
  readonly graph: GraphData;
  /** The graph before `transform`, as a safetensors file. */
  readonly kept?: Uint8Array<ArrayBuffer> | undefined;
  /** Arrays that its file has and the graph has not; of a decoded sample nothing is told. */
  readonly leftOut: readonly LeftOutArray[];
  readonly bytesRead: number;
  /**
   * Counts of what `vtkGhostType` marks in its mesh; absent where there is nothing of it, or the sample was kept
   * decoded.
   */
  readonly ghosts?: GhostCounts | undefined;
  /** Time from the opening of the file to the finished graph, milliseconds. */
  readonly decodeMs: number;
}

/**
 * Reads a sample's mesh and turns it into a graph.
 *
 * @throws NotFoundError when a file, or an array named in `attributes`, is not there
 * @throws FormatError when the file is broken
 * @throws ConfigError when a transform fails, or `attributes` names a string array
 */
export async function decodeSample(input: DecodeInput, signal?: AbortSignal): Promise<DecodedSample> {
  const start = performance.now();
  const of = (option: TransformModule['option']): TransformModule[] =>
    input.transforms.filter((transform) => transform.option === option);
  const read = input.isDecoded ? await readKept(input, signal) : await readGraph(input, signal);
  const graph = input.isDecoded
    ? read.graph
    : await applyTransforms(
        { ...(await standardize(read.graph, input, signal)), metadata: input.metadata },
        of('preTransform'),
        signal,
      );
  const kept = input.keep ? await toKeep(graph, input) : undefined;
  return {
    graph: await applyTransforms(graph, of('transform'), signal),
    kept,
    leftOut: read.leftOut,
    bytesRead: read.bytesRead,
    ghosts: read.ghosts,
    decodeMs: performance.now() - start,
  };
}

/** Standardizes a graph, by code that is loaded only where it is needed. */
async function standardize(
  graph: GraphData,
  { standardize: scales }: DecodeInput,
  signal: AbortSignal | undefined,
): Promise<GraphData> {
  if (scales === undefined) return graph;
  const { standardizeSteps } = await import('../graph/standardize.ts');
  return new TimeSlice(signal).run(standardizeSteps(graph, scales));
}

/** Encodes a graph to be kept, by code that is loaded only where it is needed: threads are ready sooner. */
async function toKeep(graph: GraphData, input: DecodeInput): Promise<Uint8Array<ArrayBuffer>> {
  const { writeDecoded } = await import('./decoded-graph.ts');
  return writeDecoded(graph, input);
}

/** Smaller buffers come from the heap of the process, and cost less than handing them back. */
const MIN_KEPT_BYTES = 64 * 1024;

/** Memory of this thread that samples no longer need, for those to come; what they are read into, too. */
const memory = new BufferPool(32 * 1024 ** 2);

/** Takes memory of samples that nobody uses any more. */
export function reuse(buffers: readonly ArrayBuffer[]): void {
  for (const buffer of buffers) if (buffer.byteLength >= MIN_KEPT_BYTES) memory.give(buffer);
}

/** Outcome of reading a sample. */
type ReadSample = Pick<DecodedSample, 'graph' | 'bytesRead' | 'leftOut' | 'ghosts'>;

async function readKept(input: DecodeInput, signal: AbortSignal | undefined): Promise<ReadSample> {
  await using access = await openPlace(input.file);
  const buffer = memory.takeAtLeast(access.size);
  try {
    const bytes = new Uint8Array(buffer, 0, access.size);
    await access.readInto(0, bytes, signal);
    const { readDecoded } = await import('./decoded-graph.ts');
    return { graph: readDecoded(bytes, input.path, input), leftOut: [], bytesRead: bytes.byteLength };
  } finally {
    memory.give(buffer);
  }
}

async function readGraph(input: DecodeInput, signal: AbortSignal | undefined): Promise<ReadSample> {
  const { id, path, attributes, normalize } = input;
  const files = new FileGroup(path, (relative) => {
    const piece = resolveSibling(path, relative);
    return piece === undefined ? undefined : input.pieces.get(piece);
  });
  const openSibling = async (relative: string): Promise<SiblingFile> => ({
    ...(await files.openSibling(relative, signal)),
    parsed: input.parsed?.get(resolveSibling(path, relative) ?? ''),
  });
  try {
    const file = await files.open(input.file, signal);
    const leftOut: LeftOutArray[] = [];
    const opened = await openMesh(file, { path, parsed: input.parsed?.get(path), signal });
    const refusal = attributes && refuseWish(opened.header, attributes, path);
    if (refusal !== undefined) throw refusal;
    const mesh = await opened.read({
      attributes,
      strings: false,
      onLeftOut: (array) => void leftOut.push(array),
      openSibling,
      signal,
      buffers: memory,
    });
    const missing = attributes?.find((name) => !mesh.pointData.has(name) && !mesh.cellData.has(name));
    if (missing !== undefined) {
      const known = leftOut.filter((array) => array.name === missing);
      if (known.some(({ reason }) => reason === 'strings'))
        throw stringsInGraph('includeAttributes', missing, path);
      throw noSuchArray(missing, path, opened.header, known);
    }
    const steps = meshToGraphSteps(mesh, { id, attributes, normalize, buffers: memory });
    const graph = await new TimeSlice(signal).run(steps);
    reuse(leftOver(mesh, graph));
    return { graph, leftOut, bytesRead: files.bytesRead, ghosts: countGhosts(mesh) };
  } finally {
    await files.close();
  }
}

/** Lists the memory of a mesh that its graph has no part in. */
function leftOver({ points, cells }: Mesh, graph: GraphData): ArrayBuffer[] {
  const used = new Set(buffersOf(graph));
  const { types, connectivity, offsets } = cells;
  const memoryOf = [points.data, types, connectivity, offsets].map(({ buffer }) => buffer);
  return [...new Set(memoryOf)].filter((buffer) => !used.has(buffer));
}
