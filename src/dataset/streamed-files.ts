import { linkSignals } from '../core/abort.ts';
import { CacheError } from '../core/errors.ts';
import type { HeldParts } from '../core/held-file.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { Turns } from '../core/turns.ts';
import { holdFile, partsRequest, type WantedArrays } from '../mesh/read-mesh.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
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
export interface SampleWish extends Pick<WantedArrays, 'attributes' | 'mode'> {
  /** File of which a file has the mesh, by its path. */
  readonly meshOwners: ReadonlyMap<string, FileEntry>;
}

/** Samples of several files that come at a time, at the most. */
const MAX_CONCURRENT_SAMPLES = 16;

/** Files of samples that a streamer brings when they are asked for. It is closed with them. */
export class StreamedFiles implements SampleFiles {
  readonly #streamer: DataStreamer;
  readonly #samples: SampleEntries;
  readonly #wish: SampleWish;
  readonly #turns = new Turns();
  /** Bytes of the largest sample of several files, once that is asked for. */
  #largestBytes: number | undefined;

  constructor(streamer: DataStreamer, samples: SampleEntries, wish: SampleWish) {
    this.#streamer = streamer;
    this.#samples = samples;
    this.#wish = wish;
  }

  entries(index: number): readonly FileEntry[] {
    return this.#samples.filesAt(index);
  }

  bytes(index: number): number {
    return this.#samples.bytesAt(index);
  }

  /**
   * Brings what is wanted of a sample's files. Where the cache has room for few samples, those of several files take
   * turns: two that each held some of theirs would wait for room without end.
   */
  async hold(index: number, options: HoldSampleOptions = {}): Promise<HeldSample> {
    const entries = this.entries(index);
    if (entries.length < 2 || !(await this.#isRoomScarce())) return this.#holdAll(index, options);
    return this.#turns.run(() => this.#holdAll(index, options), options.signal);
  }

  async isCached(index: number, { signal }: ReadOptions = {}): Promise<boolean> {
    const hasParts = this.#samples.partsAt(index) !== undefined;
    for (const [at, entry] of this.entries(index).entries()) {
      const wanted = partsRequest(entry.path, this.#wantedOf(entry, !hasParts && at === 0));
      if (!(await this.#streamer.isHere(entry, { ...wanted, signal }))) return false;
    }
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#streamer.close();
  }

  async #holdAll(index: number, options: HoldSampleOptions): Promise<HeldSample> {
    const parts = this.#samples.partsAt(index);
    const held =
      parts === undefined
        ? await this.#holdFiles(this.entries(index), true, options)
        : await this.#holdParts(parts, options);
    return toHeldSample(held);
  }

  /** Holds the files of all parts, which come at a time; where one fails the others end, and nothing is held. */
  async #holdParts(
    parts: readonly SamplePart[],
    { signal, onProgress }: HoldSampleOptions,
  ): Promise<HeldParts[]> {
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
      parts.map(async ({ files }, at) => {
        try {
          return await this.#holdFiles(files, false, { signal: link.signal, onProgress: tell(at) });
        } catch (error) {
          failure ??= { error };
          stop.abort(error);
          return [];
        }
      }),
    );
    link.unlink();
    if (failure === undefined) return holds.flat();
    toHeldSample(holds.flat()).release();
    throw failure.error;
  }

  /**
   * Refuses a sample whose files have no room beside each other, rather than waiting for it. A file that is larger than
   * the whole cache is refused, or kept apart, by itself.
   *
   * @throws CacheError
   */
  async #refuseTooLarge(parts: readonly SamplePart[]): Promise<void> {
    const { attributes, mode } = this.#wish;
    if (attributes !== undefined && mode !== 'whole') return;
    const capacity = (await this.#streamer.capacity()) ?? Infinity;
    const files = parts.flatMap((part) => part.files).filter(({ size }) => size <= capacity);
    const bytes = bytesOf(files);
    if (bytes <= capacity) return;
    throw new CacheError(
      `The sample of ${parts[0]?.path} has ${bytes} bytes in ${files.length} files, which are needed at a time, more than the whole cache may hold (maxCacheSize ${capacity}). Raise maxCacheSize to at least ${bytes}, or name fewer parts in samples.`,
    );
  }

  /**
   * Holds files one after the other.
   *
   * @param isGraph - whether the first one is all of a sample's mesh, which must have every array that is wanted
   */
  async #holdFiles(
    entries: readonly FileEntry[],
    isGraph: boolean,
    { signal, onProgress }: HoldSampleOptions,
  ): Promise<HeldParts[]> {
    const held: HeldParts[] = [];
    let before = 0;
    const tell = onProgress && ((bytes: number): void => onProgress(before + bytes));
    try {
      for (const [at, entry] of entries.entries()) {
        const wanted = this.#wantedOf(entry, isGraph && at === 0);
        const isCollection = at === 0 && entries.length > 1;
        const options = { ...wanted, entry, isCollection, signal, onProgress: tell };
        held.push(await holdFile(this.#streamer, entry.path, options));
        before += entry.size;
      }
      return held;
    } catch (error) {
      toHeldSample(held).release();
      throw error;
    }
  }

  async #isRoomScarce(): Promise<boolean> {
    const capacity = (await this.#streamer.capacity()) ?? Infinity;
    this.#largestBytes ??= this.#samples.mostBytesOfSeveral();
    return MAX_CONCURRENT_SAMPLES * this.#largestBytes > capacity;
  }

  /** @param isGraph - whether the file is all of the sample's mesh, which must have every array, and not a piece or part of it */
  #wantedOf({ path }: FileEntry, isGraph: boolean): WantedArrays {
    const { attributes, mode, meshOwners } = this.#wish;
    return { attributes, mode, sameMeshAs: meshOwners.get(path), isGraph };
  }
}
