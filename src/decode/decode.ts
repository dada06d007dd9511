import { BufferPool } from '../core/buffer-pool.ts';
import { countGhosts, type GhostCounts } from '../core/ghosts.ts';
import type { GraphData, GraphOf, Metadata, Normalization } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import type { FilePlace } from '../core/held-file.ts';
import { loadOnce } from '../core/load-once.ts';
import type { LeftOutArray, Mesh, ParsedHeader, SiblingFile } from '../core/mesh.ts';
import type { MeshHeader } from '../core/mesh-format.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { TimeSlice } from '../core/time-slice.ts';
import {
  inNoPart,
  noSuchArray,
  pointArrayInCells,
  refuseWish,
  stringsInGraph,
} from '../core/wished-arrays.ts';
import { FileGroup } from '../files/file-group.ts';
import { openPlace } from '../files/ranged-file.ts';
import { isGraphPath, openMesh } from '../formats/registry.ts';
import { meshToGraphSteps } from '../graph/mesh-graph-steps.ts';
import { makeRecord } from '../graph/record.ts';
import type { Scales } from '../graph/standardize.ts';
import type { ApplyOptions, TransformModule, Transforms } from '../graph/transform.ts';
import type { SampleRun } from '../graph/transform-context.ts';

/** Loader of the code of graphs of cells, which most samples do without. */
const loadCellGraph = loadOnce(() => import('../graph/cell-graph.ts'));

/** Mesh of a sample, or of one of its parts, as it lies on this machine. */
export interface DecodePart {
  /** Name of the part; undefined for the only graph of a sample without parts. */
  readonly name: string | undefined;
  /** Path inside the source, for messages. */
  readonly path: string;
  readonly file: FilePlace;
  /** Places of its pieces, by their paths inside the source. */
  readonly pieces: ReadonlyMap<string, FilePlace>;
  /** Graph that is made of it. @defaultValue `'points'` */
  readonly graphOf?: GraphOf | undefined;
}

/** Input for the decoding of one sample to a graph, on any thread: it survives structured cloning. */
export interface DecodeInput {
  readonly id: string;
  /** Path of its first mesh inside the source, for messages. */
  readonly path: string;
  /** Place of the decoded sample as it was kept; undefined where it has to be made of its meshes. */
  readonly kept: FilePlace | undefined;
  /** Meshes of the sample: its own, then those of its other parts; none where it was kept decoded. */
  readonly parts: readonly DecodePart[];
  /** True when the sample lacks an optional part, which may have arrays that no other part has. @defaultValue false */
  readonly lacksParts?: boolean | undefined;
  /** True when the decoded sample is wanted as a file, too. */
  readonly keep: boolean;
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
  /** Facts of the sample that transforms are told. */
  readonly run: SampleRun;
}

/** Observations on one mesh file that was decoded. */
interface DecodedMesh {
  /** Path inside the source. */
  readonly path: string;
  /** Arrays that the file has and the graph has not. */
  readonly leftOut: readonly LeftOutArray[];
  /** Counts of what `vtkGhostType` marks in the mesh; absent where there is nothing of it. */
  readonly ghosts?: GhostCounts | undefined;
}

/** A sample, and what it took. */
export interface DecodedSample {
  readonly graph: GraphData;
  /** The graph before `transform`, as a safetensors file. */
  readonly kept?: Uint8Array<ArrayBuffer> | undefined;
  /** True when a `preTransform` took random numbers, or the index, for what is kept. @defaultValue false */
  readonly isRandom?: boolean | undefined;
  /** Observations on its mesh files; of a decoded sample nothing is told. */
  readonly meshes: readonly DecodedMesh[];
  readonly bytesRead: number;
  /** Time from the opening of the file to the finished graph, milliseconds. */
  readonly decodeMs: number;
}

/**
 * Reads a sample's meshes and turns them into a graph.
 *
 * @throws NotFoundError when a file, or an array named in `attributes`, is not there
 * @throws FormatError when a file is broken
 * @throws ConfigError when a transform fails, or `attributes` names a string array
 */
export async function decodeSample(input: DecodeInput, signal?: AbortSignal): Promise<DecodedSample> {
  const start = performance.now();
  const { kept: place, run } = input;
  const of = (option: TransformModule['option']): TransformModule[] =>
    input.transforms.filter((transform) => transform.option === option);
  const read = place === undefined ? await readMeshes(input, signal) : await readKept(place, input, signal);
  let isRandom = false;
  const onRandom = (): void => void (isRandom = true);
  const graph =
    place === undefined
      ? await applyTransforms(
          {
            ...(await standardize(read.graph, input, signal)),
            // A stored graph has some of its own, which what is said of it elsewhere goes before.
            metadata: { ...read.graph.metadata, ...input.metadata },
          },
          of('preTransform'),
          { run, signal, onRandom },
        )
      : read.graph;
  const kept = input.keep ? await toKeep(graph, input) : undefined;
  return {
    graph: await applyTransforms(graph, of('transform'), { run, signal }),
    kept,
    ...(kept !== undefined && isRandom ? { isRandom } : undefined),
    meshes: read.meshes,
    bytesRead: read.bytesRead,
    decodeMs: performance.now() - start,
  };
}

/**
 * Applies transforms to a sample, one after the other. The code for it is loaded where there are any.
 *
 * @throws ConfigError that names option and sample, for a transform that fails or gives no graph
 */
export async function applyTransforms(
  data: GraphData,
  transforms: Transforms['here'],
  options: ApplyOptions,
): Promise<GraphData> {
  if (transforms.length === 0) return data;
  const { applyEach } = await import('../graph/apply-transforms.ts');
  return applyEach(data, transforms, options);
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
type ReadSample = Pick<DecodedSample, 'graph' | 'bytesRead' | 'meshes'>;

async function readKept(
  place: FilePlace,
  input: DecodeInput,
  signal: AbortSignal | undefined,
): Promise<ReadSample> {
  await using access = await openPlace(place);
  const buffer = memory.takeAtLeast(access.size);
  try {
    const bytes = new Uint8Array(buffer, 0, access.size);
    await access.readInto(0, bytes, signal);
    const { readDecoded } = await import('./decoded-graph.ts');
    return { graph: readDecoded(bytes, input.path, input), meshes: [], bytesRead: bytes.byteLength };
  } finally {
    memory.give(buffer);
  }
}

/** Reads the meshes of a sample: the graph of the first has the others among its parts. */
async function readMeshes(input: DecodeInput, signal: AbortSignal | undefined): Promise<ReadSample> {
  const [own, ...others] = input.parts as readonly [DecodePart, ...DecodePart[]];
  const first = await readGraph(own, input, signal);
  if (own.name === undefined) return { ...first, meshes: [first.decoded] };
  const { normalization } = first.graph;
  const read = [first];
  const parts: [string, GraphData][] = [];
  for (const part of others) {
    const other = await readGraph(part, { ...input, normalization }, signal);
    read.push(other);
    parts.push([part.name ?? '', other.graph]);
  }
  refuseMissing(input, read);
  return {
    graph: parts.length === 0 ? first.graph : { ...first.graph, parts: makeRecord(parts) },
    meshes: read.map(({ decoded }) => decoded),
    bytesRead: read.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
  };
}

/**
 * Refuses a name in `attributes` that no part of a sample has as numbers, unless a part that is not there may have it.
 *
 * @throws NotFoundError, or ConfigError for an array of texts
 */
function refuseMissing(
  { id, attributes, parts, lacksParts = false }: DecodeInput,
  read: readonly ReadPart[],
): void {
  if (lacksParts) return;
  const missing = attributes?.find((name) =>
    read.every(({ graph: { node, cell } }) => node[name] === undefined && cell[name] === undefined),
  );
  if (missing === undefined) return;
  const found = read.map(({ decoded: { path, leftOut }, header }, at) => {
    return {
      path,
      header,
      name: parts[at]?.name ?? '',
      leftOut: leftOut.filter(({ name }) => name === missing),
    };
  });
  const inCells = found.find(
    ({ header }, at) => parts[at]?.graphOf === 'cells' && header.pointArrays.includes(missing),
  );
  if (inCells !== undefined)
    throw pointArrayInCells('includeAttributes', missing, inCells.path, inCells.header.cellArrays);
  const asTexts = found.find(({ leftOut }) => leftOut.some(({ reason }) => reason === 'strings'));
  throw asTexts === undefined
    ? inNoPart(missing, id, found)
    : stringsInGraph('includeAttributes', missing, asTexts.path);
}

/** A graph of one mesh, and what it took. */
interface ReadPart {
  readonly graph: GraphData;
  readonly decoded: DecodedMesh;
  readonly header: Pick<MeshHeader, 'pointArrays' | 'cellArrays'>;
  readonly bytesRead: number;
}

/**
 * Reads a mesh. That of a sample without parts must have all arrays that are wanted; a part gives those that it has.
 *
 * @param input.normalization - box of another part, by which it is normalized too
 */
async function readGraph(
  { name, path, file: place, pieces, graphOf }: DecodePart,
  input: DecodeInput & { readonly normalization?: Normalization | undefined },
  signal: AbortSignal | undefined,
): Promise<ReadPart> {
  const { id, attributes, normalize, normalization } = input;
  if (isGraphPath(path)) return readStored({ name, path, file: place, pieces, graphOf }, input, signal);
  const isOfCells = graphOf === 'cells';
  const files = new FileGroup(path, (relative) => {
    const piece = resolveSibling(path, relative);
    return piece === undefined ? undefined : pieces.get(piece);
  });
  const openSibling = async (relative: string): Promise<SiblingFile> => ({
    ...(await files.openSibling(relative, signal)),
    parsed: input.parsed?.get(resolveSibling(path, relative) ?? ''),
  });
  try {
    const file = await files.open(place, signal);
    const leftOut: LeftOutArray[] = [];
    const opened = await openMesh(file, { path, parsed: input.parsed?.get(path), signal });
    const { header } = opened;
    const refusal = name === undefined && attributes && refuseWish(header, attributes, path, graphOf);
    if (refusal instanceof Error) throw refusal;
    const mesh = await opened.read({
      attributes,
      strings: false,
      pointArrays: !isOfCells,
      onLeftOut: (array) => void leftOut.push(array),
      openSibling,
      signal,
      buffers: memory,
    });
    const isThere = (array: string): boolean =>
      mesh.cellData.has(array) || (!isOfCells && mesh.pointData.has(array));
    const missing = name === undefined ? attributes?.find((array) => !isThere(array)) : undefined;
    if (missing !== undefined) {
      const known = leftOut.filter((array) => array.name === missing);
      if (isOfCells && header.pointArrays.includes(missing))
        throw pointArrayInCells('includeAttributes', missing, path, header.cellArrays);
      if (known.some(({ reason }) => reason === 'strings'))
        throw stringsInGraph('includeAttributes', missing, path);
      throw noSuchArray(missing, path, header, known);
    }
    const wanted = name === undefined ? attributes : attributes?.filter(isThere);
    const cells = isOfCells ? await loadCellGraph() : undefined;
    const options = { id, cells, attributes: wanted, normalize, normalization, buffers: memory };
    const graph = await new TimeSlice(signal).run(meshToGraphSteps(mesh, options));
    reuse(leftOver(mesh, graph));
    const decoded = { path, leftOut, ghosts: countGhosts(mesh) };
    return { graph, decoded, header, bytesRead: files.bytesRead };
  } finally {
    await files.close();
  }
}

/** Reads a graph that is stored as such, by code that is loaded where there is one. */
async function readStored(
  { name, path, file, graphOf }: DecodePart,
  { id, attributes, normalize }: DecodeInput,
  signal: AbortSignal | undefined,
): Promise<ReadPart> {
  const { readStoredGraph } = await import('./stored-graph.ts');
  const wish = { id, path, attributes, normalize, graphOf, isWhole: name === undefined };
  const { graph, bytesRead } = await readStoredGraph(file, wish, signal);
  const header = { pointArrays: Object.keys(graph.node), cellArrays: Object.keys(graph.cell) };
  return { graph, decoded: { path, leftOut: [] }, header, bytesRead };
}

/** Lists the memory of a mesh that its graph has no part in. */
function leftOver({ points, cells }: Mesh, graph: GraphData): ArrayBuffer[] {
  const used = new Set(buffersOf(graph));
  const { types, connectivity, offsets } = cells;
  const memoryOf = [points.data, types, connectivity, offsets].map(({ buffer }) => buffer);
  return [...new Set(memoryOf)].filter((buffer) => !used.has(buffer));
}
