import { createHash } from 'node:crypto';
import { isVascuError, UnsupportedError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import type { Mesh } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import { writeJson } from '../core/write-json.ts';
import { writeVtkXml } from '../formats/vtk-xml/writer.ts';
import { graphSafetensorsParts, layOutGraph } from '../graph/graph-safetensors.ts';
import { extractSurfaceAsync } from '../render/surface-mesh.ts';
import type { ManifestError, ManifestFile, ManifestLine } from './manifest-line.ts';
import { type ResultFolder, resultPath, type UnpublishedFile } from './result-folder.ts';
import type { ResultOptions } from './result-options.ts';
import { tarEnd, tarHead, tarPadding } from './tar-file.ts';
import { keyOf, type SourceSample, type WorkUnit } from './work-unit.ts';

/** Reader of samples, with the options of results: what they are made of. */
export interface SampleReader {
  /** Reads a sample as a graph, with its metadata. */
  graph(sample: SourceSample, options: ReadOptions): Promise<GraphData>;
  /** Reads the mesh of a sample, with the arrays that are wanted. */
  mesh(sample: SourceSample, options: ReadOptions): Promise<Mesh>;
}

/** Means by which results are made. */
export interface ResultMaker {
  readonly reader: SampleReader;
  readonly folder: ResultFolder;
  readonly options: ResultOptions;
}

/** Sample that could not be made. */
export interface FailedSample {
  readonly id: string;
  readonly error: unknown;
}

/** Outcome of one unit of work. */
export interface MadeResult {
  /** Lines of the manifest, one a sample: with its files, or the error of those that failed. */
  readonly lines: readonly ManifestLine[];
  readonly failed: readonly FailedSample[];
}

/**
 * Makes the result of one unit of work: what is read of the source is written into the directory and appears under its name
 * when it is whole. Made twice, or by two processes at once, it is the same, to the byte. The lines it gives are for a part
 * of the manifest, behind the result.
 *
 * @throws whatever would befall other units as well: a login that is refused, a disk that is full, an abort
 */
export async function makeResult(
  unit: WorkUnit,
  maker: ResultMaker,
  signal: AbortSignal | undefined,
): Promise<MadeResult> {
  if (maker.options.to === 'webdataset') return makeTar(unit, maker, signal);
  const lines: ManifestLine[] = [];
  const failed: FailedSample[] = [];
  for (const sample of unit.samples) {
    try {
      const file = await makeFile(sample, maker, signal);
      lines.push({ ...sample, options: maker.options, files: [file] });
    } catch (error) {
      lines.push(failedLine(sample, maker.options, refuseGeneral(error, signal)));
      failed.push({ id: sample.id, error });
    }
  }
  return { lines, failed };
}

async function makeFile(
  sample: SourceSample,
  { reader, folder, options }: ResultMaker,
  signal: AbortSignal | undefined,
): Promise<ManifestFile> {
  const { to, encoding, compressor } = options;
  const path = resultPath(sample.id, `.${to}`);
  if (to === 'safetensors') {
    const graph = await reader.graph(sample, { signal });
    return { path, ...(await folder.write(path, graphSafetensorsParts(graph), signal)) };
  }
  const read = await reader.mesh(sample, { signal });
  const mesh = to === 'vtu' ? asGrid(read) : await asSurface(read, sample, signal);
  return { path, ...(await folder.write(path, writeVtkXml(mesh, { encoding, compressor }), signal)) };
}

function asGrid(mesh: Mesh): Mesh {
  return { ...mesh, kind: 'UnstructuredGrid' };
}

/** Gives polygons as they are, and of a grid its outer surface. */
async function asSurface(
  mesh: Mesh,
  { source }: SourceSample,
  signal: AbortSignal | undefined,
): Promise<Mesh> {
  return mesh.kind === 'PolyData' ? mesh : extractSurfaceAsync(mesh, { path: source.path, signal });
}

/** Makes a tar of the samples that can be read; none where no sample can. */
async function makeTar(
  { id, samples }: WorkUnit,
  { reader, folder, options }: ResultMaker,
  signal: AbortSignal | undefined,
): Promise<MadeResult> {
  await using file = await folder.create();
  const lines: ManifestLine[] = [];
  const failed: FailedSample[] = [];
  for (const sample of samples) {
    let members: readonly TarMember[];
    try {
      resultPath(sample.id, '.safetensors');
      members = membersOf(sample, await reader.graph(sample, { signal }));
    } catch (error) {
      lines.push(failedLine(sample, options, refuseGeneral(error, signal)));
      failed.push({ id: sample.id, error });
      continue;
    }
    const files: ManifestFile[] = [];
    for (const member of members) files.push({ path: id, ...(await addMember(file, member, signal)) });
    lines.push({ ...sample, options, files });
  }
  if (failed.length < samples.length) {
    await file.write(tarEnd());
    await folder.publish(file, id, signal);
  }
  return { lines, failed };
}

/** File inside a tar, before it is written. */
interface TarMember {
  readonly name: string;
  readonly length: number;
  readonly parts: Iterable<Uint8Array>;
}

/** Makes the members of a sample: its graph, and its metadata. */
function membersOf({ id }: SourceSample, graph: GraphData): readonly TarMember[] {
  const key = keyOf(id);
  const metadata = new TextEncoder().encode(writeJson(graph.metadata));
  return [
    { name: `${key}.safetensors`, ...layOutGraph(graph) },
    { name: `${key}.json`, length: metadata.length, parts: [metadata] },
  ];
}

async function addMember(
  file: UnpublishedFile,
  { name, length, parts }: TarMember,
  signal: AbortSignal | undefined,
): Promise<Omit<ManifestFile, 'path'>> {
  await file.write(tarHead(name, length));
  const offset = file.size;
  const hash = createHash('sha256');
  for (const part of parts) {
    signal?.throwIfAborted();
    hash.update(part);
    await file.write(part);
  }
  await file.write(tarPadding(length));
  return { member: name, offset, size: length, sha256: hash.digest('hex') };
}

function failedLine(
  { id, source }: SourceSample,
  options: ResultOptions,
  error: ManifestError,
): ManifestLine {
  return { id, source, options, error };
}

/**
 * Describes the failure of one sample.
 *
 * @throws the error itself where it would befall all of them
 */
function refuseGeneral(error: unknown, signal: AbortSignal | undefined): ManifestError {
  signal?.throwIfAborted();
  if (isVascuError(error, 'AUTH') && error.reason !== 'no-permission' && error.reason !== 'gated')
    throw error;
  if (isVascuError(error, 'CACHE', 'DISPOSED')) throw error;
  if (isVascuError(error, 'CONFIG') && !OF_SAMPLE.has(error.option)) throw error;
  const message = error instanceof Error ? error.message : String(error);
  return { code: isVascuError(error) ? error.code : 'ERROR', message };
}

/** Options of a ConfigError that tells of one sample. */
const OF_SAMPLE: ReadonlySet<string> = new Set([
  'samples',
  'sourceUrl',
  'file',
  'sharedMesh',
  'attributes',
  'includeAttributes',
  'preTransform',
  'transform',
  'standardize',
  'graphs',
  'mesh',
]);

/** Makes the error for a mesh that is wanted of a sample which is no mesh. */
export function noMesh({ id, source }: SourceSample): UnsupportedError {
  return new UnsupportedError(
    'convert',
    `${source.path} holds the graph of the sample ${shorten(id)}, of which no mesh can be made: use safetensors or webdataset.`,
  );
}
