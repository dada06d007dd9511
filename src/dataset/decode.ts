import { BufferPool } from '../core/buffer-pool.ts';
import { NotFoundError } from '../core/errors.ts';
import type { GraphData, Metadata } from '../core/graph.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { readVtkHeader, type VtkHeader } from '../formats/readers.ts';
import { graphFromSafetensors, graphToSafetensors } from '../graph/graph-safetensors.ts';
import { meshToGraphSteps } from '../graph/mesh-to-graph.ts';
import { FileGroup } from '../streamers/file-group.ts';
import { type FilePlace, openPlace } from '../streamers/part-access.ts';
import { findReader } from './read-mesh.ts';
import { applyTransforms, type TransformModule } from './transform.ts';

/** All that is needed to make a graph of one sample, on any thread: it survives structured cloning. */
export interface DecodeInput {
  readonly id: string;
  /** Path inside the source, for messages. */
  readonly path: string;
  /** Where the file lies on this machine: the mesh, or the decoded sample as it was kept. */
  readonly file: FilePlace;
  /** Whether `file` is the decoded sample. */
  readonly isDecoded: boolean;
  /** Whether the decoded sample is wanted as a file, too. */
  readonly keep: boolean;
  /** Where its pieces lie, by their paths inside the source. */
  readonly pieces: ReadonlyMap<string, FilePlace>;
  /** Arrays to read; all when undefined. */
  readonly attributes: readonly string[] | undefined;
  readonly normalize: boolean;
  readonly metadata: Metadata;
  /** Applied to the graph once it is made. */
  readonly transforms: readonly TransformModule[];
}

/** A sample, and what it took. */
export interface DecodedSample {
  readonly graph: GraphData;
  /** The graph before `transform`, as a safetensors file. */
  readonly kept?: Uint8Array<ArrayBuffer> | undefined;
  readonly bytesRead: number;
  /** From the opening of the file to the finished graph, milliseconds. */
  readonly decodeMs: number;
}

/**
 * Reads a sample's mesh and turns it into a graph.
 *
 * @throws NotFoundError when a file, or an array named in `attributes`, is not there
 * @throws FormatError when the file is broken
 * @throws ConfigError when a transform fails
 */
export async function decodeSample(input: DecodeInput, signal?: AbortSignal): Promise<DecodedSample> {
  const start = performance.now();
  const of = (option: TransformModule['option']): TransformModule[] =>
    input.transforms.filter((transform) => transform.option === option);
  const read = input.isDecoded ? await readDecoded(input, signal) : await readGraph(input, signal);
  const made = { ...read.graph, id: input.id, metadata: input.metadata };
  const graph = input.isDecoded ? made : await applyTransforms(made, of('preTransform'), signal);
  const kept = input.keep ? graphToSafetensors(graph) : undefined;
  return {
    graph: await applyTransforms(graph, of('transform'), signal),
    kept,
    bytesRead: read.bytesRead,
    decodeMs: performance.now() - start,
  };
}

/** Memory that decoded samples are read into before their arrays get memory of their own. */
const decodedBytes = new BufferPool(64 * 1024 ** 2);

async function readDecoded(
  { file, path }: DecodeInput,
  signal: AbortSignal | undefined,
): Promise<{ readonly graph: GraphData; readonly bytesRead: number }> {
  await using access = await openPlace(file);
  const buffer = decodedBytes.takeAtLeast(access.size);
  try {
    const bytes = new Uint8Array(buffer, 0, access.size);
    await access.readInto(0, bytes, signal);
    return { graph: graphFromSafetensors(bytes, { path }), bytesRead: bytes.byteLength };
  } finally {
    decodedBytes.give(buffer);
  }
}

async function readGraph(
  input: DecodeInput,
  signal: AbortSignal | undefined,
): Promise<{ readonly graph: GraphData; readonly bytesRead: number }> {
  const { id, path, attributes, normalize } = input;
  const files = new FileGroup(path, (relative) => {
    const piece = resolveSibling(path, relative);
    return piece === undefined ? undefined : input.pieces.get(piece);
  });
  try {
    const file = await files.open(input.file, signal);
    const mesh = await findReader(path).read(file, {
      path,
      attributes,
      openSibling: files.openSibling,
      signal,
    });
    const missing = attributes?.find((name) => !mesh.pointData.has(name) && !mesh.cellData.has(name));
    if (missing !== undefined) throw noSuchArray(missing, path, await readVtkHeader(file, { path, signal }));
    const steps = meshToGraphSteps(mesh, { id, attributes, normalize });
    return { graph: await new TimeSlice(signal).run(steps), bytesRead: files.bytesRead };
  } finally {
    await files.close();
  }
}

function noSuchArray(name: string, path: string, { pointArrays, cellArrays }: VtkHeader): NotFoundError {
  const list = (names: readonly string[]): string => names.map((each) => `"${each}"`).join(', ') || 'none';
  return new NotFoundError(
    `The sample ${path} has no array "${name}", which includeAttributes asks for. Its point arrays are: ${list(pointArrays)}; its cell arrays: ${list(cellArrays)}.`,
  );
}
