import { type LinkedSignal, linkSignals } from '../core/abort.ts';
import type { Dataset, Sample, Work, WorkModule } from '../core/dataset.ts';
import { DisposedError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import type { FilePlace, HeldParts } from '../core/held-file.ts';
import { leftOutKey } from '../core/left-out-arrays.ts';
import type { LeftOutArray } from '../core/mesh.ts';
import { moduleUrl } from '../core/module-url.ts';
import type { FileEntry, LeftOut, ReadOptions } from '../core/source.ts';
import { Turns } from '../core/turns.ts';
import { type DamagedSample, isDamaged, isOfGone, isOfParts } from '../decode/damaged-parts.ts';
import { type DecodedSample, type DecodeInput, decodeSample } from '../decode/decode.ts';
import * as decodeWork from '../decode/decode-work.ts';
import { applyTransforms, sortTransforms, type Transforms } from '../decode/transform.ts';
import { isGone, retryGone } from '../files/gone-file.ts';
import { asParts } from '../files/held.ts';
import { warnOfGhosts } from '../graph/ghost-warning.ts';
import { makeRecord } from '../graph/record.ts';
import { holdFile, partsRequest, type WantedArrays } from '../mesh/read-mesh.ts';
import { warnOfLeftOut } from '../mesh/warn-left-out.ts';
import { sidecarOf } from '../metadata/sidecar.ts';
import type { DataStreamer, StreamerStats } from '../streamers/data-streamer.ts';
import type { Catalogue } from './catalogue.ts';
import { type DatasetParts, openParts, type VascuDatasetOptions } from './dataset-parts.ts';
import { type DecodedFiles, makeDecodedFiles } from './decoded-files.ts';
import { rootFiles } from './read-metadata.ts';
import { findLenders } from './shared-mesh.ts';

/** What a dataset did so far, on all threads. */
export interface DatasetStats extends StreamerStats {
  readonly samplesRead: number;
  /** Bytes read from mesh files. */
  readonly bytesRead: number;
  /** Reading and decoding, summed over samples, some of which may have been under way together. */
  readonly decodeMs: number;
}

/** Samples whose files come at a time, at the most. */
const MOST_GATHERED = 16;

/** What does a sample's `Work`, on another thread. */
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
  /** Where the samples lie, and how `streamingType: 'auto'` decided on it. */
  readonly place: { readonly source: string; readonly why: string };
  /** What is known of each sample without reading its mesh. */
  readonly samples: readonly Sample[];
  readonly #options: VascuDatasetOptions;
  /** Through which the files come; it is closed with the dataset. */
  readonly streamer: DataStreamer;
  /** What the listing passed over: system folders, folders that may not be read, links, names that are no text. */
  readonly leftOut: readonly LeftOut[];
  readonly #catalogue: Catalogue;
  readonly #deleteAfterUse: boolean;
  readonly #decoded: DecodedFiles | undefined;
  readonly #transforms: Transforms;
  /** The file of which a file has the mesh, by its path. */
  readonly #lenders: ReadonlyMap<string, FileEntry>;
  readonly #turns = new Turns();
  /** Bytes of the largest sample of several files, once that is asked for. */
  #largestGroup: number | undefined;
  readonly #lifetime = new AbortController();
  readonly #outer: LinkedSignal;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;
  readonly #leftOutArrays = new Map<string, LeftOutArray>();
  #samplesRead = 0;
  #bytesRead = 0;
  #decodeMs = 0;
  #hasToldOfGhosts = false;

  /** @param deleteAfterUse - whether a cached mesh is removed when it has been decoded */
  protected constructor({ options, streamer, catalogue, why }: DatasetParts, deleteAfterUse = false) {
    this.place = { source: streamer.source.id, why };
    this.samples = catalogue.samples;
    this.leftOut = catalogue.leftOut;
    this.#catalogue = catalogue;
    this.#deleteAfterUse = deleteAfterUse;
    this.#options = options;
    this.#transforms = sortTransforms(options);
    this.streamer = streamer;
    this.#decoded = makeDecodedFiles(streamer, options);
    this.#lenders = findLenders(this.samples, options.sharedMesh, ({ path }) => this.#filesOf(path));
    this.#outer = linkSignals(options.signal, this.#lifetime.signal);
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
    return this.samples.length;
  }

  /** Whether samples are held by nobody else; functions as transforms may keep what they see. */
  get givesSamplesAway(): boolean {
    return this.#transforms.here.length === 0;
  }

  /** Whether no transform asks for a worker. */
  get worksAnywhere(): boolean {
    return this.#transforms.whereDecoded.length === 0;
  }

  /** What decodes samples, and the modules among the transforms. */
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
  get(index: number, options: ReadOptions = {}): Promise<GraphData> {
    return this.#use(options.signal, async (signal) => {
      const { input, held } = await this.#prepare(index, signal);
      let isFileGone = false;
      try {
        return await this.#finish(await decodeSample(input, signal), index, input, signal);
      } catch (error) {
        if (!isOfParts(error, input)) throw error;
        isFileGone = isOfGone(error, input);
      } finally {
        this.#release(input, held);
      }
      return this.#getAnew(index, isFileGone, signal);
    });
  }

  /** A sample's reading and decoding as work for another thread; rejects as {@link VascuDataset.get} does. */
  work(index: number, options: ReadOptions = {}): Promise<Work> {
    return this.#use(options.signal, async (signal) => {
      const sample = this.#sampleAt(index);
      const { input, held } = await this.#prepare(index, signal);
      return {
        label: sample.path,
        module: DECODE_WORK,
        load: () => Promise.resolve(decodeWork as WorkModule),
        input,
        finish: (value) =>
          this.#use(options.signal, (own) => {
            const decoded = value as DecodedSample | DamagedSample;
            if (!isDamaged(decoded)) return this.#finish(decoded, index, input, own);
            this.#release(input, held);
            return this.#getAnew(index, decoded.isGone, own);
          }),
        release: () => this.#release(input, held),
      };
    });
  }

  /** Reads the samples in order. */
  async *[Symbol.asyncIterator](): AsyncGenerator<GraphData, void, void> {
    for (let index = 0; index < this.length; index++) yield await this.get(index);
  }

  /** Folder of the source in which the samples lie: empty, or with `/` at its end. */
  get folder(): string {
    return this.#catalogue.folder;
  }

  /**
   * The files of a sample as they were listed: its mesh, then its pieces.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   */
  filesOf(index: number): readonly FileEntry[] {
    return this.#filesOf(this.#sampleAt(index).path);
  }

  #filesOf(path: string): readonly FileEntry[] {
    const paths = [path, ...(this.#catalogue.pieces.get(path) ?? [])];
    return paths.map((each) => this.#catalogue.files.get(each)).filter((entry) => entry !== undefined);
  }

  /**
   * The sidecar of a sample; undefined where it has none.
   *
   * @throws RangeError when `index` is not a whole number in `0 … length − 1`
   */
  sidecarOf(index: number): FileEntry | undefined {
    return this.#catalogue.metadataFiles.get(sidecarOf(this.#sampleAt(index).path));
  }

  /** Files that belong to no sample alone: the metadata of the whole dataset, where there is such a file. */
  get commonFiles(): readonly FileEntry[] {
    const { folder, metadataFiles } = this.#catalogue;
    return rootFiles(folder)
      .map((path) => metadataFiles.get(path))
      .filter((entry) => entry !== undefined);
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
    return this.#outer.signal;
  }

  /** Ends what is under way, which rejects with a `DisposedError`, and lets go of all files. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#lifetime.abort(disposed());
    await Promise.allSettled(this.#running);
    this.#outer.unlink();
    await this.streamer.close();
  }

  /** Runs `action` under the dataset's signal and the call's own, and keeps account of it until it has ended. */
  async #use<Result>(
    own: AbortSignal | undefined,
    action: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closing !== undefined) throw disposed();
    const link = linkSignals(this.#outer.signal, own);
    try {
      link.signal.throwIfAborted();
      const running = action(link.signal);
      this.#running.add(running);
      return await running.finally(() => this.#running.delete(running));
    } finally {
      link.unlink();
    }
  }

  #sampleAt(index: number): Sample {
    const sample = this.samples[index];
    if (sample !== undefined) return sample;
    const range = this.length === 0 ? 'the dataset is empty' : `it must be in 0 … ${this.length - 1}`;
    throw new RangeError(`There is no sample ${index}: ${range}.`);
  }

  /**
   * Gets a sample whose parts could not be read: they are removed and fetched once more, and do not stay where that was
   * in vain. Files that are gone are fetched once more, too.
   */
  async #getAnew(index: number, isFileGone: boolean, signal: AbortSignal): Promise<GraphData> {
    if (!isFileGone) {
      for (const file of await this.#hold(index, signal)) file.release({ remove: true, shared: true });
    }
    let isAgain = false;
    const action = async (): Promise<GraphData> => {
      const { input, held } = await this.#prepare(index, signal);
      try {
        return await this.#finish(await decodeSample(input, signal), index, input, signal);
      } catch (error) {
        isAgain = isOfGone(error, input);
        if (!isAgain && isOfParts(error, input))
          for (const file of held) file.release({ remove: true, shared: true });
        throw error;
      } finally {
        this.#release(input, held);
      }
    };
    return retryGone(action, (error) => isAgain || isGone(error));
  }

  /** Brings a sample's files to this machine and holds them, in the order of {@link VascuDataset.filesOf}. */
  protected holdFiles(index: number, signal: AbortSignal): Promise<readonly HeldParts[]> {
    return this.#hold(index, signal);
  }

  #hold(index: number, signal: AbortSignal): Promise<readonly HeldParts[]> {
    const entries = this.filesOf(index);
    return this.gather(entries, signal, async () => {
      const held: HeldParts[] = [];
      try {
        for (const entry of entries) held.push(await this.openEntry(entry, signal));
        return held;
      } catch (error) {
        for (const file of held) file.release();
        throw error;
      }
    });
  }

  /**
   * Runs what brings the files of a sample to this machine. Where the cache has room for few samples, those of several files take
   * turns: two that each held some of theirs would wait for room without end.
   */
  protected async gather<Result>(
    entries: readonly FileEntry[],
    signal: AbortSignal,
    action: () => Promise<Result>,
  ): Promise<Result> {
    if (entries.length < 2) return action();
    const capacity = (await this.streamer.capacity()) ?? Infinity;
    this.#largestGroup ??= [...this.#catalogue.pieces.keys()].reduce(
      (most, path) => Math.max(most, this.#bytesOf(path)),
      0,
    );
    return MOST_GATHERED * this.#largestGroup > capacity ? this.#turns.run(action, signal) : action();
  }

  #bytesOf(path: string): number {
    return this.#filesOf(path).reduce((sum, { size }) => sum + size, 0);
  }

  /** Brings what is wanted of a file to this machine and holds it. */
  protected openEntry(
    entry: FileEntry,
    signal: AbortSignal,
    onProgress?: (bytes: number) => void,
  ): Promise<HeldParts> {
    return holdFile(this.streamer, entry.path, { ...this.#wantedOf(entry), entry, signal, onProgress });
  }

  /** Whether what is wanted of a file is on this machine. */
  protected isHere(entry: FileEntry, signal: AbortSignal): Promise<boolean> {
    return this.streamer.isHere(entry, { ...partsRequest(entry.path, this.#wantedOf(entry)), signal });
  }

  #wantedOf({ path }: FileEntry): WantedArrays {
    const { includeAttributes: attributes, mode } = this.#options;
    return { attributes, mode, sameMeshAs: this.#lenders.get(path) };
  }

  async #prepare(
    index: number,
    signal: AbortSignal,
  ): Promise<{ readonly input: DecodeInput; readonly held: readonly HeldParts[] }> {
    const { id, path, metadata } = this.#sampleAt(index);
    const [, ...pieces] = this.filesOf(index);
    const decoded = await this.#decoded?.open(this.filesOf(index), signal);
    if (decoded !== undefined) this.passFiles(index, signal);
    const held = decoded === undefined ? await this.holdFiles(index, signal) : [asParts(decoded)];
    const [file, ...rest] = held.map((each) => each.place);
    const { includeAttributes, normalize = false } = this.#options;
    const transforms = this.#transforms.whereDecoded;
    const input = {
      id,
      path,
      file: file as FilePlace,
      isDecoded: decoded !== undefined,
      keep: this.#decoded !== undefined && decoded === undefined && !this.#keepsHere,
      pieces: new Map(
        decoded === undefined ? pieces.map((piece, at) => [piece.path, rest[at] as FilePlace]) : [],
      ),
      sizes: new Map(
        held.flatMap(({ place, bytes }) => (typeof place === 'string' ? [[place, bytes] as const] : [])),
      ),
      attributes: includeAttributes,
      normalize,
      // Only transforms and what is kept need the metadata there: it would be copied there and back.
      metadata: transforms.length === 0 ? {} : metadata,
      transforms,
    };
    return { input, held };
  }

  /** Whether what is kept is made on the calling thread: a `preTransform` that is a function comes before it. */
  get #keepsHere(): boolean {
    return this.#decoded !== undefined && this.#transforms.here[0]?.option === 'preTransform';
  }

  /** The files of a sample are not needed, since its decoded form is there. */
  protected passFiles(_index: number, _signal: AbortSignal): void {}

  /** Whether a sample's decoded form is there. */
  protected async isDecoded(index: number, signal: AbortSignal): Promise<boolean> {
    const decoded = await this.#decoded?.open(this.filesOf(index), signal);
    decoded?.release();
    return decoded !== undefined;
  }

  #release(input: DecodeInput, held: readonly HeldParts[]): void {
    for (const file of held) file.release({ remove: this.#deleteAfterUse && !input.isDecoded });
  }

  /** Makes of what {@link decodeSample} gave, perhaps on another thread, the sample as users get it. */
  async #finish(
    { graph, kept, leftOut, bytesRead, decodeMs, ghosts }: DecodedSample,
    index: number,
    input: DecodeInput,
    signal: AbortSignal,
  ): Promise<GraphData> {
    this.#samplesRead++;
    this.#bytesRead += bytesRead;
    this.#decodeMs += decodeMs;
    if (ghosts !== undefined && !this.#hasToldOfGhosts) {
      this.#hasToldOfGhosts = true;
      warnOfGhosts(input.path, ghosts);
    }
    this.#tellLeftOut(input.path, leftOut);
    // Structured cloning gives records a prototype; array names must not meet it.
    const { here, whereDecoded } = this.#transforms;
    // Without a transform there, only what was kept brings some along.
    const metadata =
      whereDecoded.length === 0 ? { ...this.#sampleAt(index).metadata, ...graph.metadata } : graph.metadata;
    let data: GraphData = { ...withRecords(graph), metadata };
    let rest = here;
    if (this.#keepsHere) {
      rest = here.slice(1);
      if (!input.isDecoded) {
        data = await applyTransforms(data, here.slice(0, 1), signal);
        const { writeDecoded } = await import('../decode/decoded-graph.ts');
        this.#keep(index, writeDecoded(data, this.#sampleAt(index)), signal);
      }
    } else if (kept !== undefined) this.#keep(index, kept, signal);
    return applyTransforms(data, rest, signal);
  }

  /** Warns of arrays that are not in the graphs: of each once, with the first sample that has it. */
  #tellLeftOut(path: string, arrays: readonly LeftOutArray[]): void {
    const fresh = arrays.filter((array) => !this.#leftOutArrays.has(leftOutKey(array)));
    for (const array of fresh) this.#leftOutArrays.set(leftOutKey(array), array);
    warnOfLeftOut(path, fresh);
  }

  /** Keeps a decoded sample while the program goes on. */
  #keep(index: number, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): void {
    // What was made of another version than the listed one must not be found under that.
    if (this.filesOf(index).some(({ path }) => this.streamer.hasChanged(path))) return;
    const keeping = this.#decoded?.keep(this.filesOf(index), bytes, this.#outer.signal);
    if (keeping === undefined || signal.aborted) return;
    const tracked: Promise<unknown> = keeping
      .catch(() => undefined) // What cannot be kept is decoded again.
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

function withRecords(data: GraphData): GraphData {
  const { node, cell, edge, graph } = data;
  return {
    ...data,
    node: makeRecord(Object.entries(node)),
    cell: makeRecord(Object.entries(cell)),
    ...(edge === undefined ? undefined : { edge: makeRecord(Object.entries(edge)) }),
    ...(graph === undefined ? undefined : { graph: makeRecord(Object.entries(graph)) }),
  };
}

function disposed(): DisposedError {
  return new DisposedError('The dataset was closed.');
}
