import { linkSignals } from '../core/abort.ts';
import { CacheError } from '../core/errors.ts';
import type { HeldParts } from '../core/held-file.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { Turns } from '../core/turns.ts';
import { isGraphPath, preloadFormat } from '../formats/registry.ts';
import { holdFile, partsRequest, type WantedArrays } from '../mesh/read-mesh.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import type { MeshOwners } from './mesh-owners.ts';
import {
  bytesOf,
  type HeldSample,
  type HoldSampleOptions,
  type SampleEntries,
  type SampleFiles,
  type SamplePart,
  toHeldSample,
} from './sample-files.ts';

/** Arrays that are wanted of samples, and how they come. */
export interface SampleWish extends Pick<WantedArrays, 'attributes' | 'mode' | 'graphOf' | 'geometry'> {
  /** Samples that have a mesh in common. */
  readonly meshOwners: MeshOwners;
}

/** Samples of several files for which a cache has room that does not make them take turns. */
const AMPLE_SAMPLES = 64;

/** Time after which the first file has been asked for, and its format can be loaded while it is waited for, milliseconds. */
const ASKED_MS = 5;

/** File of a sample, and what is wanted of it. */
interface FileWish {
  readonly entry: FileEntry;
  readonly wish: WantedArrays;
}

/** Files of a mesh: of a sample, or of one of its parts. */
type PartWish = readonly FileWish[];

/** Files of samples that a streamer brings when they are asked for. It is closed with them. */
export class StreamedFiles implements SampleFiles {
  readonly #streamer: DataStreamer;
  readonly #samples: SampleEntries;
  readonly #wish: SampleWish;
  /** Files that these are of the samples of, with another wish; undefined for the first ones. */
  readonly #first: StreamedFiles | undefined;
  readonly #turns = new Turns();
  /** Bytes of the largest sample of several files, once that is asked for. */
  #largestBytes: number | undefined;
  #isPreloaded = false;

  constructor(streamer: DataStreamer, samples: SampleEntries, wish: SampleWish, first?: StreamedFiles) {
    this.#streamer = streamer;
    this.#samples = samples;
    this.#wish = wish;
    this.#first = first;
  }

  /** Makes the files of the same samples with another wish, which take turns with these; they do not close the streamer. */
  withWish(wish: Partial<SampleWish>): StreamedFiles {
    return new StreamedFiles(this.#streamer, this.#samples, { ...this.#wish, ...wish }, this.#first ?? this);
  }

  entries(index: number): readonly FileEntry[] {
    return this.#samples.filesAt(index);
  }

  sharedEntries(index: number): readonly FileEntry[] | undefined {
    return this.#samples.sharedAt?.(index);
  }

  bytes(index: number): number {
    return this.#samples.bytesAt(index);
  }

  /**
   * Brings what is wanted of a sample's files. Where the cache has room for few samples, those of several files take
   * turns: two that each held some of theirs would wait for room without end.
   */
  async hold(index: number, options: HoldSampleOptions = {}): Promise<HeldSample> {
    const parts = this.#wishesOf(index);
    const [only] = parts as readonly [PartWish];
    if (!this.#isPreloaded) this.#preload(only[0]?.entry.path ?? '');
    if (parts.length === 1 && only.length === 1) return this.#holdFiles(only, options);
    const holdAll = (): Promise<HeldSample> =>
      parts.length === 1 ? this.#holdFiles(only, options) : this.#holdParts(parts, options);
    const first = this.#first ?? this;
    return (await first.#isRoomScarce()) ? first.#turns.run(holdAll, options.signal) : holdAll();
  }

  async isCached(index: number, { signal }: ReadOptions = {}): Promise<boolean> {
    for (const { entry, wish } of this.#wishesOf(index).flat()) {
      const wanted = partsRequest(entry.path, wish);
      if (!(await this.#streamer.isHere(entry, { ...wanted, signal }))) return false;
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#first === undefined) await this.#streamer.close();
  }

  /** Loads the code that reads the files while the first of them is on its way, and not after it. */
  #preload(path: string): void {
    this.#isPreloaded = true;
    setTimeout(() => preloadFormat(path), ASKED_MS).unref();
  }

  /** Holds the files of all parts, which come at a time; where one fails the others end, and nothing is held. */
  async #holdParts(
    parts: readonly PartWish[],
    { signal, onProgress }: HoldSampleOptions,
  ): Promise<HeldSample> {
    await this.#refuseTooLarge(parts);
    const stop = new AbortController();
    const link = linkSignals(signal, stop.signal);
    const bytes = parts.map(() => 0);
    const tell = (at: number): HoldSampleOptions['onProgress'] =>
      onProgress &&
      ((received) => {
        bytes[at] = received;
        onProgress(bytes.reduce((sum, each) => sum + each, 0));
      });
    let failure: { readonly error: unknown } | undefined;
    const holds = await Promise.all(
      parts.map(async (files, at) => {
        try {
          return (await this.#holdFiles(files, { signal: link.signal, onProgress: tell(at) })).files;
        } catch (error) {
          failure ??= { error };
          stop.abort(error);
          return [];
        }
      }),
    );
    link.unlink();
    const held = toHeldSample(holds.flat());
    if (failure === undefined) return held;
    held.release();
    throw failure.error;
  }

  /**
   * Refuses a sample whose files have no room beside each other, rather than waiting for it. A file that is larger than
   * the whole cache is refused, or kept apart, by itself.
   *
   * @throws CacheError
   */
  async #refuseTooLarge(parts: readonly PartWish[]): Promise<void> {
    if (parts.flat().some(({ entry, wish }) => partsRequest(entry.path, wish) !== undefined)) return;
    const capacity = (await this.#streamer.capacity()) ?? Infinity;
    const entries = new Map(parts.flat().map(({ entry }) => [entry.path, entry]));
    const files = [...entries.values()].filter(({ size }) => size <= capacity);
    const bytes = bytesOf(files);
    if (bytes <= capacity) return;
    throw new CacheError(
      `The sample of ${parts[0]?.[0]?.entry.path} has ${bytes} bytes in ${files.length} files, which are needed at a time, more than the whole cache may hold (maxCacheSize ${capacity}). Raise maxCacheSize to at least ${bytes}, or name fewer parts in samples.`,
    );
  }

  /** Holds files one after the other: a mesh, then its pieces. */
  async #holdFiles(files: PartWish, { signal, onProgress }: HoldSampleOptions): Promise<HeldSample> {
    const held: HeldParts[] = [];
    let before = 0;
    const tell = onProgress && ((bytes: number): void => onProgress(before + bytes));
    try {
      for (const [at, { entry, wish }] of files.entries()) {
        const isCollection = at === 0 && files.length > 1;
        const options = { ...wish, entry, isCollection, signal, onProgress: tell };
        held.push(await holdFile(this.#streamer, entry.path, options));
        before += entry.size;
      }
      return toHeldSample(held);
    } catch (error) {
      toHeldSample(held).release();
      throw error;
    }
  }

  async #isRoomScarce(): Promise<boolean> {
    const capacity = (await this.#streamer.capacity()) ?? Infinity;
    this.#largestBytes ??= this.#samples.mostBytesOfSeveral();
    return AMPLE_SAMPLES * this.#largestBytes > capacity;
  }

  /**
   * Says what is wanted of the files of a sample, part by part. The mesh of a sample without parts must have every array, a
   * part may have some of them.
   */
  #wishesOf(index: number): readonly PartWish[] {
    const { attributes, mode, graphOf, geometry } = this.#wish;
    const named = this.#samples.partsAt(index);
    return (named ?? this.#partsOf(index)).map(({ name, files, graphOf: own = graphOf }) => {
      const other = this.#filesOfOwner(index, name);
      const isAlike = other.length === files.length;
      return files.map((entry, at): FileWish => {
        const sameMeshAs = isAlike ? other[at] : undefined;
        // Arrays alone are read of whatever has them.
        if (isGraphPath(entry.path)) return { entry, wish: { mode: 'whole' } };
        const isGraph = named === undefined && at === 0 && geometry !== false;
        return { entry, wish: { attributes, mode, sameMeshAs, isGraph, graphOf: own, geometry } };
      });
    });
  }

  /** Lists the files of the part of which a sample's has the mesh: that of the first sample of its group that has such a part. */
  #filesOfOwner(index: number, name: string): readonly FileEntry[] {
    const owner = this.#wish.meshOwners.ownerOf(index, name);
    if (owner === undefined) return [];
    return this.#partsOf(owner).find((each) => each.name === name)?.files ?? [];
  }

  #partsOf(index: number): readonly Pick<SamplePart, 'name' | 'files' | 'graphOf'>[] {
    return this.#samples.partsAt(index) ?? [{ name: '', files: this.entries(index) }];
  }
}
