import type { Dataset, Sample, SampleOptions, Work, WorkModule } from '../core/dataset.ts';
import type { GraphData } from '../core/graph.ts';
import { leftOutKey } from '../core/left-out-arrays.ts';
import type { Lifetime } from '../core/lifetime.ts';
import type { LeftOutArray } from '../core/mesh.ts';
import { moduleUrl } from '../core/module-url.ts';
import type { Shard } from '../core/shard.ts';
import type { FileEntry, LeftOut, ReadOptions } from '../core/source.ts';
import type { Statistics } from '../core/statistics.ts';
import { type DamagedSample, isDamaged, isOfGone, isOfParts } from '../decode/damaged-parts.ts';
import { applyTransforms, type DecodedSample, type DecodeInput, decodeSample } from '../decode/decode.ts';
import * as decodeWork from '../decode/decode-work.ts';
import { isGone, retryGone } from '../files/gone-file.ts';
import { asParts, headersOf, sizesOf } from '../files/held.ts';
import { warnOfGhosts } from '../graph/ghost-warning.ts';
import { withRecords } from '../graph/record.ts';
import { sortTransforms, type Transforms } from '../graph/transform.ts';
import type { SampleRun } from '../graph/transform-context.ts';
import { warnOfLeftOut } from '../mesh/warn-left-out.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import type { Catalogue } from './catalogue.ts';
import { type DatasetParts, openParts, type VascuDatasetOptions } from './dataset-parts.ts';
import type { DatasetFacts, DatasetStats } from './dataset-stats.ts';
import {
  type Chosen,
  changeParts,
  chooseSamples,
  pickParts,
  shareParts,
  type ViewOptions,
} from './dataset-view.ts';
import { mergedMetadata, toDecodeParts } from './decode-parts.ts';
import type { DecodedFiles, KeptSample } from './decoded-files.ts';
import type { MeasureOptions } from './measure-dataset.ts';
import { type HeldSample, type SampleFiles, toHeldSample } from './sample-files.ts';
import type { SplitOptions, Splits } from './split-samples.ts';
import type { UnusedFiles } from './unused-files.ts';

/** Module that does a sample's `Work`, on another thread. */
const DECODE_WORK = moduleUrl('../decode/decode-work', import.meta.url) ?? 'vascusim:decode-work';

/**
 * The meshes of a folder as graphs: each mesh file at any depth is a sample, sorted by path. A file that is a
 * piece of a `.pvtu` or `.pvtp` is a part of that sample. Samples are read when they are asked for.
 *
 * @example
 * await using dataset = await VascuDataset.open({ sourceUrl: '/data/cases', normalize: true });
 * const data = await dataset.get(0);
 */
export class VascuDataset implements Dataset, AsyncIterable<GraphData>, AsyncDisposable {
  /** Place where the samples lie, and how `streamingType: 'auto'` decided on it. */
  readonly place: { readonly source: string; readonly why: string };
  /**
   * Samples as far as they are known without reading their meshes: an array that cannot be changed. Each is made when it is
   * looked at; `[...dataset.samples]` makes them all, as structured cloning needs them. A loop over them without an
   * `await` keeps them all until it ends.
   */
  readonly samples: readonly Sample[];
  /** True for a dataset of some samples of another one: a loader's `sampler` may go with `shuffle`. */
  readonly isSubset: boolean;
  readonly #parts: DatasetParts;
  readonly #options: VascuDatasetOptions;
  /** Through which the files come; it is closed with the dataset. */
  readonly streamer: DataStreamer;
  /** Entries that the listing passed over: system folders, folders that may not be read, links, names that are no text. */
  readonly leftOut: readonly LeftOut[];
  readonly #catalogue: Catalogue;
  readonly #deleteAfterUse: boolean;
  readonly #files: SampleFiles;
  readonly #decoded: DecodedFiles | undefined;
  readonly #transforms: Transforms;
  readonly #lifetime: Lifetime;
  readonly #leftOutArrays = new Map<string, LeftOutArray>();
  #samplesRead = 0;
  #bytesRead = 0;
  #decodeMs = 0;
  #hasToldOfGhosts = false;

  /** @param deleteAfterUse - whether a cached mesh is removed when it has been decoded */
  protected constructor(parts: DatasetParts, deleteAfterUse = false) {
    const { options, streamer, catalogue } = parts;
    this.#parts = parts;
    this.isSubset = parts.places !== undefined;
    if (parts.isView === true) parts.root.views.add(this);
    this.place = { source: streamer.source.id, why: parts.why };
    this.samples = parts.samples;
    this.leftOut = catalogue.leftOut;
    this.streamer = streamer;
    this.#catalogue = catalogue;
    this.#deleteAfterUse = deleteAfterUse;
    this.#options = options;
    this.#transforms = sortTransforms(options);
    this.#files = parts.files;
    this.#decoded = parts.decoded;
    this.#lifetime = parts.lifetime;
  }

  /**
   * Lists the samples and reads their metadata.
   *
   * @throws ConfigError for an option that cannot be used
   * @throws NotFoundError when there is no such folder, or no mesh file in it
   * @throws FormatError for a metadata file that cannot be read
   * @throws UnsupportedError for a kind of source that there is not yet
   */
  static async open(options: VascuDatasetOptions): Promise<VascuDataset> {
    return new VascuDataset(await openParts('VascuDataset', options, []));
  }

  /** Arrays that files have and their graphs have not, as far as samples were decoded: each once. */
  get leftOutArrays(): readonly LeftOutArray[] {
    return [...this.#leftOutArrays.values()];
  }

  /** Number of samples. */
  get length(): number {
    return this.#catalogue.table.length;
  }

  /** True when samples are held by nobody else; functions as transforms may keep what they see. */
  get givesSamplesAway(): boolean {
    return this.#transforms.here.length === 0;
  }

  /** True when no transform asks for a worker. */
  get worksAnywhere(): boolean {
    return this.#transforms.whereDecoded.length === 0;
  }

  /** Modules that decode samples, and those among the transforms. */
  get workModules(): readonly string[] {
    return [DECODE_WORK, ...this.#transforms.whereDecoded.map(({ url }) => url)];
  }

  /**
   * Reads a sample.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   * @throws NotFoundError when a file of it, or an array of `includeAttributes`, is not there
   * @throws FormatError when the file is broken
   * @throws DisposedError when the dataset was closed
   */
  get(index: number, options: SampleOptions = {}): Promise<GraphData> {
    return this.#lifetime.run(options.signal, async (signal) => {
      const { input, held } = await this.#prepare(index, options, signal);
      let isFileGone = false;
      try {
        return await this.#finish(await decodeSample(input, signal), input, signal);
      } catch (error) {
        if (!isOfParts(error, input)) throw error;
        isFileGone = isOfGone(error, input);
      } finally {
        this.#release(input, held);
      }
      return this.#getAnew(index, { ...options, isFileGone }, signal);
    });
  }

  /** Prepares a sample's reading and decoding as work for another thread; rejects as {@link VascuDataset.get} does. */
  work(index: number, options: SampleOptions = {}): Promise<Work> {
    return this.#lifetime.run(options.signal, async (signal) => {
      const label = this.#catalogue.table.pathAt(index);
      const { input, held } = await this.#prepare(index, options, signal);
      return {
        label,
        module: DECODE_WORK,
        load: () => Promise.resolve(decodeWork as WorkModule),
        input,
        finish: (value) =>
          this.#lifetime.run(options.signal, (own) => {
            const decoded = value as DecodedSample | DamagedSample;
            if (!isDamaged(decoded)) return this.#finish(decoded, input, own);
            this.#release(input, held);
            return this.#getAnew(index, { ...options, isFileGone: decoded.isGone }, own);
          }),
        release: () => this.#release(input, held),
      };
    });
  }

  /** Reads the samples in order. */
  async *[Symbol.asyncIterator](): AsyncGenerator<GraphData, void, void> {
    for (let index = 0; index < this.length; index++) yield await this.get(index);
  }

  /**
   * Names a sample, without its metadata being looked at.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   */
  idOf(index: number): string {
    return this.#catalogue.table.idAt(index);
  }

  /** Folder of the source in which the samples lie: empty, or with `/` at its end. */
  get folder(): string {
    return this.#catalogue.folder;
  }

  /**
   * Lists the files of a sample: its mesh, then its pieces.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   */
  filesOf(index: number): readonly FileEntry[] {
    return this.#catalogue.table.ownFilesAt(index);
  }

  /**
   * Finds the sidecar of a sample; undefined where it has none.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   */
  sidecarOf(index: number): FileEntry | undefined {
    return this.#catalogue.table.sidecarAt(index);
  }

  /**
   * Lists the files of the source that describe a sample, and not all of them: its sidecars, and tables of its own.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   */
  metadataFilesOf(index: number): readonly FileEntry[] {
    return this.#catalogue.table.metadataFilesAt(index);
  }

  /** Files that belong to no sample alone: the metadata of the whole dataset, where there are such files. */
  get commonFiles(): readonly FileEntry[] {
    return this.#catalogue.commonFiles;
  }

  /**
   * Makes a dataset of some samples, over the same streamer and cache: by their indices, in the order of these, or of those
   * for which a function says true. It has a life of its own, which ends with this dataset's at the latest.
   *
   * @example
   * const steady = dataset.subset(({ metadata }) => metadata['flow'] === 0.001);
   * @throws RangeError for an index that there is not
   * @throws ConfigError for an index given twice, or a function that says neither true nor false
   */
  subset(chosen: Chosen): this {
    this.#lifetime.check();
    return this.remake(pickParts(this.#parts, chooseSamples(this.samples, chosen))) as this;
  }

  /**
   * Makes a dataset of one share of the samples, which shares have together, each once: see {@link Shard} and
   * {@link VascuDataset.subset}.
   *
   * @example
   * const own = dataset.shard(new Shard({ index: 2, count: 8 }));
   * @throws ConfigError for what is no share
   */
  shard(shard: Shard): this {
    this.#lifetime.check();
    return this.remake(shareParts(this.#parts, shard)) as this;
  }

  /**
   * Splits the samples into datasets: by fractions, all samples with one value of `by` in one of them, or by lists of
   * ids or paths. The result follows from ids and `seed` alone; see {@link VascuDataset.subset}.
   *
   * @example
   * const { train, test } = await dataset.split({ train: 0.8, test: 0.2 }, { by: 'case' });
   * const published = await dataset.split({ train: 'train.txt', test: { file: 'manifest.json', key: 'full_test' } });
   * @throws ConfigError naming what of the splits cannot be used
   * @throws NotFoundError for a list that is nowhere
   */
  split<Name extends string>(
    splits: Splits<Name>,
    options: SplitOptions = {},
  ): Promise<Readonly<Record<Name, this>>> {
    return this.#lifetime.run(options.signal, async (signal) => {
      const { splitSamples } = await import('./split-samples.ts');
      const { streamer, folder, samples } = this;
      const listed = { streamer, folder, samples, table: this.#catalogue.table };
      const indices = await splitSamples(listed, splits, options, signal);
      const entries = Object.entries<readonly number[]>(indices).map(
        ([name, chosen]) => [name, this.subset(chosen)] as const,
      );
      return Object.fromEntries(entries) as Readonly<Record<Name, this>>;
    });
  }

  /**
   * Makes a dataset of the same samples with another `standardize`, without listing them again; see
   * {@link VascuDataset.subset}.
   *
   * @example
   * const { train, val } = await dataset.split({ train: 0.9, val: 0.1 });
   * const standardize = await train.measure();
   * const standardized = { train: train.with({ standardize }), val: val.with({ standardize }) };
   * @throws ConfigError for statistics that are none
   */
  with(options: ViewOptions): this {
    this.#lifetime.check();
    return this.remake(changeParts(this.#parts, options)) as this;
  }

  /**
   * Measures the point and cell arrays of all samples as they are stored, before `standardize`, `normalize` and transforms,
   * in one pass that fetches and reads nothing else of them. For any number of workers and any order of the samples the
   * result is the same to the last bit.
   *
   * @throws ConfigError for an array that is not of one shape in all samples
   * @throws NotFoundError for a name in `attributes` that no sample has an array of
   */
  measure(options: MeasureOptions = {}): Promise<Statistics> {
    return this.#lifetime.run(options.signal, async (signal) => {
      const { measureDataset } = await import('./measure-dataset.ts');
      const { table } = this.#catalogue;
      const measured = { ...this.#parts, table, deleteAfterUse: this.#deleteAfterUse };
      return measureDataset(measured, options, signal);
    });
  }

  /** Listing and options that it has. @internal */
  get facts(): DatasetFacts<VascuDataset> {
    const { share } = this.#parts;
    const whole = share && ((): VascuDataset => this.remake(changeParts(share.whole, {})));
    return { table: this.#catalogue.table, options: this.#options, share: share?.shard, whole };
  }

  /** Makes a dataset of this class of other parts. */
  protected remake(parts: DatasetParts): VascuDataset {
    return new VascuDataset(parts, this.#deleteAfterUse);
  }

  /**
   * Counts the meshes that are in no sample, and the archives that are not opened, by extension and reason.
   *
   * @internal
   */
  async unusedFiles(options: ReadOptions = {}): Promise<readonly UnusedFiles[]> {
    const { countUnused } = await import('./unused-files.ts');
    return this.#lifetime.run(options.signal, (signal) => countUnused(this.#catalogue.listed, signal));
  }

  stats(): DatasetStats {
    return {
      ...this.streamer.stats(),
      samplesRead: this.#samplesRead,
      bytesRead: this.#bytesRead,
      decodeMs: this.#decodeMs,
    };
  }

  /** Aborts with the dataset's own signal, and when it is closed. */
  protected get signal(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** Ends what is under way, which rejects with a `DisposedError`, and lets go of all files. */
  close(): Promise<void> {
    return this.#lifetime.close(async () => {
      const { root, isView } = this.#parts;
      root.views.delete(this);
      if (isView !== true) await Promise.all([...root.views].map((view) => view.close()));
      await this.#files[Symbol.asyncDispose]();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Fetches a sample anew whose parts could not be read: they are removed and fetched once more, and do not stay where that was
   * in vain. Files that are gone are fetched once more, too.
   */
  async #getAnew(
    index: number,
    options: SampleOptions & { readonly isFileGone: boolean },
    signal: AbortSignal,
  ): Promise<GraphData> {
    if (!options.isFileGone) {
      (await this.#files.hold(index, { signal })).release({ remove: true, shared: true });
    }
    let isAgain = false;
    const action = async (): Promise<GraphData> => {
      const { input, held } = await this.#prepare(index, options, signal);
      try {
        return await this.#finish(await decodeSample(input, signal), input, signal);
      } catch (error) {
        isAgain = isOfGone(error, input);
        if (!isAgain && isOfParts(error, input)) held.release({ remove: true, shared: true });
        throw error;
      } finally {
        this.#release(input, held);
      }
    };
    return retryGone(action, (error) => isAgain || isGone(error));
  }

  async #prepare(
    index: number,
    { epoch = 0, seed = 0 }: SampleOptions,
    signal: AbortSignal,
  ): Promise<{ readonly input: DecodeInput; readonly held: HeldSample }> {
    const { table } = this.#catalogue;
    const files = table.filesAt(index);
    const [id, path] = [table.idAt(index), table.pathAt(index)];
    const run: SampleRun = { id, index, epoch, seed, isKept: this.#decoded !== undefined };
    const decoded = await this.#decoded?.open(files, run, signal);
    if (decoded !== undefined) this.#files.skip?.(index);
    const held =
      decoded === undefined ? await this.#files.hold(index, { signal }) : toHeldSample([asParts(decoded)]);
    const { includeAttributes, normalize = false, graphOf = 'points' } = this.#options;
    const transforms = this.#transforms.whereDecoded;
    const parts = table.partsAt(index);
    const input: DecodeInput = {
      id,
      path,
      kept: decoded?.path,
      parts: decoded === undefined ? toDecodeParts(parts ?? [{ path, files }], held.files, graphOf) : [],
      lacksParts: parts !== undefined && parts.length < Object.keys(this.#options.samples ?? {}).length,
      keep: this.#decoded !== undefined && decoded === undefined && !this.#keepsHere,
      sizes: sizesOf(held.files),
      parsed: decoded === undefined ? headersOf(files, held.files) : undefined,
      attributes: includeAttributes,
      normalize,
      standardize: this.#parts.scales,
      // Only transforms and what is kept need the metadata there: it would be copied there and back. They may be parsed anew each time.
      metadata: transforms.length === 0 ? {} : table.metadataAt(index),
      transforms,
      run,
    };
    return { input, held };
  }

  /** True when what is kept is made on the calling thread: a `preTransform` that is a function comes before it. */
  get #keepsHere(): boolean {
    return this.#decoded !== undefined && this.#transforms.here[0]?.option === 'preTransform';
  }

  #release(input: DecodeInput, held: HeldSample): void {
    held.release({ remove: this.#deleteAfterUse && input.kept === undefined });
  }

  /** Makes of what {@link decodeSample} gave, perhaps on another thread, the sample as users get it. */
  async #finish(
    { graph, kept, isRandom = false, meshes, bytesRead, decodeMs }: DecodedSample,
    input: DecodeInput,
    signal: AbortSignal,
  ): Promise<GraphData> {
    const { run } = input;
    this.#samplesRead++;
    this.#bytesRead += bytesRead;
    this.#decodeMs += decodeMs;
    for (const { path, leftOut, ghosts } of meshes) {
      if (ghosts !== undefined && !this.#hasToldOfGhosts) {
        this.#hasToldOfGhosts = true;
        warnOfGhosts(path, ghosts);
      }
      this.#tellLeftOut(path, leftOut);
    }
    const { here, whereDecoded } = this.#transforms;
    // Without a transform there, only what was kept brings some along.
    const metadata =
      whereDecoded.length === 0
        ? mergedMetadata(graph, this.#catalogue.table.metadataAt(run.index), input)
        : graph.metadata;
    let data: GraphData = { ...withRecords(graph), metadata };
    let rest = here;
    if (this.#keepsHere) {
      rest = here.slice(1);
      if (input.kept === undefined) {
        let isRandomHere = false;
        const onRandom = (): void => void (isRandomHere = true);
        data = await applyTransforms(data, here.slice(0, 1), { run, signal, onRandom });
        const { writeDecoded } = await import('../decode/decoded-graph.ts');
        const { table } = this.#catalogue;
        // Not the record that the transform had, which may have changed it in place.
        const described = { id: table.idAt(run.index), metadata: table.metadataAt(run.index) };
        this.#keep(run, { bytes: writeDecoded(data, described), isRandom: isRandomHere }, signal);
      }
    } else if (kept !== undefined) this.#keep(run, { bytes: kept, isRandom }, signal);
    return applyTransforms(data, rest, { run, signal });
  }

  /** Warns of arrays that are not in the graphs: of each once, with the first sample that has it. */
  #tellLeftOut(path: string, arrays: readonly LeftOutArray[]): void {
    const fresh = arrays.filter((array) => !this.#leftOutArrays.has(leftOutKey(array)));
    for (const array of fresh) this.#leftOutArrays.set(leftOutKey(array), array);
    warnOfLeftOut(path, fresh);
  }

  /** Keeps a decoded sample while the program goes on. */
  #keep(run: SampleRun, kept: KeptSample, signal: AbortSignal): void {
    const files = this.#catalogue.table.filesAt(run.index);
    // What was made of another version than the listed one must not be found under that.
    if (files.some(({ path }) => this.streamer.hasChanged(path))) return;
    if (this.#decoded === undefined || signal.aborted) return;
    // The end of the dataset waits for it: aborted with that, the last samples would be lost. What cannot be kept is decoded again.
    this.#lifetime.track(this.#decoded.keep(files, { ...run, ...kept }).catch(() => undefined));
  }
}
