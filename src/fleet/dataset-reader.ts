import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { ConfigError, NotFoundError } from '../core/errors.ts';
import type { GraphData, Metadata } from '../core/graph.ts';
import type { FileHolder } from '../core/held-file.ts';
import { leftOutKey } from '../core/left-out-arrays.ts';
import type { LeftOutArray, Mesh } from '../core/mesh.ts';
import { shorten, showNames, showValue } from '../core/show-value.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { writeJson } from '../core/write-json.ts';
import type { VascuDataset } from '../dataset/vascu-dataset.ts';
import { isGraphPath } from '../formats/registry.ts';
import { readMeshHeaderFrom } from '../mesh/mesh-header.ts';
import { readMeshFrom } from '../mesh/read-mesh.ts';
import { warnOfLeftOut } from '../mesh/warn-left-out.ts';
import { Decoders } from '../threads/decoders.ts';
import { noMesh, type SampleReader } from './make-result.ts';
import type { ResultOptions } from './result-options.ts';
import type { SourceSample } from './work-unit.ts';

/** Samples of a dataset as work is planned of them, and how they are read. */
export class DatasetReader implements SampleReader, AsyncDisposable {
  readonly samples: readonly SourceSample[];
  readonly #dataset: VascuDataset;
  readonly #options: ResultOptions;
  readonly #indices = new Map<string, number>();
  readonly #leftOut = new Set<string>();
  readonly #decoders: Decoders<GraphData>;

  /**
   * @param jobs - results that are made at a time
   * @throws ConfigError for samples of parts where a result is one mesh
   */
  constructor(dataset: VascuDataset, options: ResultOptions, jobs: number) {
    this.#dataset = dataset;
    this.#options = options;
    const { table } = dataset.facts;
    const isMesh = options.to === 'vtu' || options.to === 'vtp';
    this.samples = Array.from({ length: table.length }, (_, index): SourceSample => {
      const id = table.idAt(index);
      this.#indices.set(id, index);
      const files = table.ownFilesAt(index);
      const size = files.reduce((sum, each) => sum + each.size, 0);
      const metadata = isMesh ? '' : writeJson(table.metadataAt(index));
      return { id, source: { path: table.pathAt(index), size, version: versionOf(files, metadata) } };
    });
    if (isMesh && table.length > 0 && table.partPathsAt(0) !== undefined) {
      throw new ConfigError(
        'samples',
        `The samples have parts, and a .${options.to} holds one mesh: name one part in samples, or use safetensors or webdataset.`,
      );
    }
    const mostWorkers = availableParallelism();
    const numWorkers = jobs > 1 && !isMesh ? Math.min(jobs, mostWorkers) : 0;
    this.#decoders = new Decoders<GraphData>(dataset, { numWorkers, mostWorkers });
  }

  /** Gives the metadata of a sample; undefined for one that there is not. */
  metadata(id: string): Metadata | undefined {
    const index = this.#indices.get(id);
    return index === undefined ? undefined : this.#dataset.facts.table.metadataAt(index);
  }

  /** Finds the ids of which the source has no sample any more: one that is only not chosen now has not vanished. */
  vanishedOf(ids: Iterable<string>): readonly string[] {
    const others = [...ids].filter((id) => !this.#indices.has(id));
    if (others.length === 0) return [];
    const all = this.#dataset.facts.table.all();
    const listed = new Set(Array.from({ length: all.length }, (_, index) => all.idAt(index)));
    return others.filter((id) => !listed.has(id)).sort();
  }

  async graph(sample: SourceSample, { signal }: ReadOptions): Promise<GraphData> {
    const own = signal ?? new AbortController().signal;
    return (await this.#decoders.load(this.#indexOf(sample), { signal: own })).result;
  }

  async mesh(sample: SourceSample, { signal }: ReadOptions): Promise<Mesh> {
    if (isGraphPath(sample.source.path)) throw noMesh(sample);
    const { streamer } = this.#dataset;
    const { attributes } = this.#options;
    const entries = new Map(this.#dataset.filesOf(this.#indexOf(sample)).map((entry) => [entry.path, entry]));
    // The versions that were listed, without asking for them again.
    const holder: FileHolder = {
      source: streamer.source,
      openFile: (path, options) => streamer.openFile(path, { ...options, entry: entries.get(path) }),
      openParts: (path, options) => streamer.openParts(path, { ...options, entry: entries.get(path) }),
    };
    const { mode } = this.#dataset.facts.options;
    const { path } = sample.source;
    const leftOut: LeftOutArray[] = [];
    const onLeftOut = (array: LeftOutArray): void => void leftOut.push(array);
    const mesh = await readMeshFrom(holder, path, { attributes, mode, onLeftOut, signal });
    // Of each array once, with the first sample that has it.
    const fresh = leftOut.filter((array) => !this.#leftOut.has(leftOutKey(array)));
    for (const array of fresh) this.#leftOut.add(leftOutKey(array));
    warnOfLeftOut(path, fresh);
    const missing = attributes?.find((name) => !mesh.pointData.has(name) && !mesh.cellData.has(name));
    if (missing !== undefined) throw await noArray(missing, holder, sample, signal);
    return mesh;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#decoders.close();
  }

  #indexOf({ id }: SourceSample): number {
    const index = this.#indices.get(id);
    if (index === undefined) throw new NotFoundError(`There is no sample ${showValue(id)} in the source.`);
    return index;
  }
}

/** Makes a text that changes whenever a file of a sample does, or the metadata that its result holds. */
function versionOf(files: readonly FileEntry[], metadata: string): string {
  const [first, ...others] = files;
  const own =
    others.length === 0
      ? (first?.version ?? '')
      : `files-${digestOf(JSON.stringify(files.map(({ path, size, version }) => [path, size, version])))}`;
  return metadata === '' || metadata === '{}' ? own : `${own}+${digestOf(metadata)}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Makes the error for an array that a mesh has not, which lists those it has. */
async function noArray(
  name: string,
  holder: FileHolder,
  { source: { path } }: SourceSample,
  signal: AbortSignal | undefined,
): Promise<NotFoundError> {
  const { pointArrays, cellArrays } = await readMeshHeaderFrom(holder, path, { measure: false, signal });
  const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : showNames(names));
  return new NotFoundError(
    `${path} has no array "${shorten(name)}". Its point arrays: ${list(pointArrays)}; its cell arrays: ${list(cellArrays)}.`,
  );
}
