import { countGhosts } from '../core/ghosts.ts';
import type { GraphData, Normalization } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import type { FilePlace } from '../core/held-file.ts';
import { loadOnce } from '../core/load-once.ts';
import type { LeftOutArray, Mesh, SiblingFile } from '../core/mesh.ts';
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
import { openMesh } from '../formats/registry.ts';
import { meshToGraphSteps } from '../graph/mesh-graph-steps.ts';
import { makeRecord } from '../graph/record.ts';
import type { ApplyOptions, TransformModule, Transforms } from '../graph/transform.ts';
import type { DecodedMesh, DecodedSample, DecodeInput, DecodePart, ReadSample } from './decode-input.ts';
import { memory, reuse } from './thread-memory.ts';

/** Loader of the code of graphs of cells, which most samples do without. */
const loadCellGraph = loadOnce(() => import('../graph/cell-graph.ts'));

/**
 * Reads a sample's meshes and turns them into a graph.
 *
 * @param threads - threads that share what is kept of series
 * @throws NotFoundError when a file, or an array named in `attributes`, is not there
 * @throws FormatError when a file is broken
 * @throws ConfigError when a transform fails, or `attributes` names a string array
 */
export async function decodeSample(
  input: DecodeInput,
  signal?: AbortSignal,
  threads = 1,
): Promise<DecodedSample> {
  const start = performance.now();
  const { kept: place, run } = input;
  const of = (option: TransformModule['option']): TransformModule[] =>
    input.transforms.filter((transform) => transform.option === option);
  const read =
    place === undefined ? await readFiles(input, signal, threads) : await readKept(place, input, signal);
  let isRandom = false;
  const onRandom = (): void => void (isRandom = true);
  const graph =
    place === undefined
      ? await applyTransforms(
          { ...(await standardize(read.graph, input, signal)), metadata: input.metadata },
          of('preTransform'),
          { run, signal, onRandom },
        )
      : read.graph;
  const kept = input.keep ? await toKeep(graph, input) : undefined;
  return {
    graph: await applyTransforms(graph, of('transform'), { run, signal }),
    kept,
    ...(kept !== undefined && isRandom ? { isRandom } : undefined),
    ...(read.pieces === undefined ? undefined : { pieces: read.pieces }),
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
  { standardize: scales, window }: DecodeInput,
  signal: AbortSignal | undefined,
): Promise<GraphData> {
  if (scales === undefined) return graph;
  const { standardizeSteps } = await import('../graph/standardize.ts');
  return new TimeSlice(signal).run(standardizeSteps(graph, scales, window?.isStacked));
}

/** Encodes a graph to be kept, by code that is loaded only where it is needed: threads are ready sooner. */
async function toKeep(graph: GraphData, input: DecodeInput): Promise<Uint8Array<ArrayBuffer>> {
  const { writeDecoded } = await import('./decoded-graph.ts');
  return writeDecoded(graph, input);
}

/** Reads the files of a sample; those of steps by code that is loaded where there are any. */
async function readFiles(
  input: DecodeInput,
  signal: AbortSignal | undefined,
  threads: number,
): Promise<ReadSample> {
  if (input.window === undefined) return readMeshes(input, signal);
  const { readWindow } = await import('./read-window.ts');
  const { maxBytes } = input.window;
  return readWindow(input, { ...input.window, maxBytes: maxBytes / threads }, signal);
}

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
  readonly header: MeshHeader;
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

/** Lists the memory of a mesh that its graph has no part in. */
function leftOver({ points, cells }: Mesh, graph: GraphData): ArrayBuffer[] {
  const used = new Set(buffersOf(graph));
  const { types, connectivity, offsets } = cells;
  const memoryOf = [points.data, types, connectivity, offsets].map(({ buffer }) => buffer);
  return [...new Set(memoryOf)].filter((buffer) => !used.has(buffer));
}
