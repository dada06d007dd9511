import type { HeldParts } from '../core/held-file.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { Turns } from '../core/turns.ts';
import { holdFile, partsRequest, type WantedArrays } from '../mesh/read-mesh.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import {
  type HeldSample,
  type HoldSampleOptions,
  type SampleEntries,
  type SampleFiles,
  toHeldSample,
} from './sample-files.ts';

/** Arrays that are wanted of samples, and how they come. */
export interface SampleWish extends Pick<WantedArrays, 'attributes' | 'mode' | 'geometry'> {
  /** File of which a file has the mesh, by its path. */
  readonly meshOwners: ReadonlyMap<string, FileEntry>;
}

/** Samples of several files that come at a time, at the most. */
const MAX_CONCURRENT_SAMPLES = 16;

/** Room of the cache for samples of several files, which all that bring samples of one streamer share. */
class SharedRoom {
  readonly turns: Turns = new Turns();
  readonly #streamer: DataStreamer;
  readonly #samples: SampleEntries;
  /** Bytes of the largest sample of several files, once that is asked for. */
  #largestBytes: number | undefined;

  constructor(streamer: DataStreamer, samples: SampleEntries) {
    this.#streamer = streamer;
    this.#samples = samples;
  }

  async isScarce(): Promise<boolean> {
    const capacity = (await this.#streamer.capacity()) ?? Infinity;
    this.#largestBytes ??= this.#samples.mostBytesOfSeveral();
    return MAX_CONCURRENT_SAMPLES * this.#largestBytes > capacity;
  }
}

/** Files of samples that a streamer brings when they are asked for. It is closed with them. */
export class StreamedFiles implements SampleFiles {
  readonly #streamer: DataStreamer;
  readonly #samples: SampleEntries;
  readonly #wish: SampleWish;
  readonly #room: SharedRoom;
  readonly #isView: boolean;

  constructor(streamer: DataStreamer, samples: SampleEntries, wish: SampleWish, room?: SharedRoom) {
    this.#streamer = streamer;
    this.#samples = samples;
    this.#wish = wish;
    this.#room = room ?? new SharedRoom(streamer, samples);
    this.#isView = room !== undefined;
  }

  /**
   * Makes the files of some of these samples, or for another wish; the streamer is not closed with them.
   *
   * @param wish - what is another one
   */
  share(samples: SampleEntries, wish?: Partial<SampleWish>): StreamedFiles {
    return new StreamedFiles(this.#streamer, samples, { ...this.#wish, ...wish }, this.#room);
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
    if (entries.length < 2 || !(await this.#room.isScarce())) return this.#holdAll(entries, options);
    return this.#room.turns.run(() => this.#holdAll(entries, options), options.signal);
  }

  async isCached(index: number, { signal }: ReadOptions = {}): Promise<boolean> {
    for (const [at, entry] of this.entries(index).entries()) {
      const wanted = partsRequest(entry.path, this.#wantedOf(entry, at === 0));
      if (!(await this.#streamer.isHere(entry, { ...wanted, signal }))) return false;
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isView) await this.#streamer.close();
  }

  async #holdAll(
    entries: readonly FileEntry[],
    { signal, onProgress }: HoldSampleOptions,
  ): Promise<HeldSample> {
    const held: HeldParts[] = [];
    let before = 0;
    const tell = onProgress && ((bytes: number): void => onProgress(before + bytes));
    try {
      for (const [at, entry] of entries.entries()) {
        const wanted = this.#wantedOf(entry, at === 0);
        const isCollection = at === 0 && entries.length > 1;
        const options = { ...wanted, entry, isCollection, signal, onProgress: tell };
        held.push(await holdFile(this.#streamer, entry.path, options));
        before += entry.size;
      }
      return toHeldSample(held);
    } catch (error) {
      toHeldSample(held).release();
      throw error;
    }
  }

  /** @param isGraph - whether the file is the sample's mesh, which must have every array, and not one of its pieces */
  #wantedOf({ path }: FileEntry, isGraph: boolean): WantedArrays {
    const { attributes, mode, meshOwners, geometry = true } = this.#wish;
    // Arrays alone are read of whatever has them.
    return { attributes, mode, sameMeshAs: meshOwners.get(path), isGraph: isGraph && geometry, geometry };
  }
}
