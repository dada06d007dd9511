import type { HeldParts } from '../core/held-file.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import { Turns } from '../core/turns.ts';
import { holdFile, partsRequest, type WantedArrays } from '../mesh/read-mesh.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import type { MeshOwners } from './mesh-owners.ts';
import {
  type HeldSample,
  type HoldSampleOptions,
  MAX_CONCURRENT_SAMPLES,
  type SampleEntries,
  type SampleFiles,
  toHeldSample,
} from './sample-files.ts';

/** Arrays that are wanted of samples, and how they come. */
export interface SampleWish extends Pick<WantedArrays, 'attributes' | 'mode' | 'geometry'> {
  /** Samples that have a mesh in common. */
  readonly meshOwners: MeshOwners;
}

/** File of a sample, and what is wanted of it. */
interface FileWish {
  readonly entry: FileEntry;
  readonly wish: WantedArrays;
}

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

  bytes(index: number): number {
    return this.#samples.bytesAt(index);
  }

  /**
   * Brings what is wanted of a sample's files. Where the cache has room for few samples, those of several files take
   * turns: two that each held some of theirs would wait for room without end.
   */
  async hold(index: number, options: HoldSampleOptions = {}): Promise<HeldSample> {
    const wishes = this.#wishesOf(index);
    const first = this.#first ?? this;
    if (wishes.length < 2 || !(await first.#isRoomScarce())) return this.#holdAll(wishes, options);
    return first.#turns.run(() => this.#holdAll(wishes, options), options.signal);
  }

  async isCached(index: number, { signal }: ReadOptions = {}): Promise<boolean> {
    for (const { entry, wish } of this.#wishesOf(index)) {
      const wanted = partsRequest(entry.path, wish);
      if (!(await this.#streamer.isHere(entry, { ...wanted, signal }))) return false;
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#first === undefined) await this.#streamer.close();
  }

  async #holdAll(
    wishes: readonly FileWish[],
    { signal, onProgress }: HoldSampleOptions,
  ): Promise<HeldSample> {
    const held: HeldParts[] = [];
    let before = 0;
    const tell = onProgress && ((bytes: number): void => onProgress(before + bytes));
    try {
      for (const [at, { entry, wish }] of wishes.entries()) {
        const isCollection = at === 0 && wishes.length > 1;
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
    return MAX_CONCURRENT_SAMPLES * this.#largestBytes > capacity;
  }

  /** Says what is wanted of the files of a sample: the first one is its mesh, which must have every array. */
  #wishesOf(index: number): readonly FileWish[] {
    const { attributes, mode, geometry, meshOwners } = this.#wish;
    const entries = this.entries(index);
    const owner = meshOwners.ownerOf(index);
    const others = owner === undefined ? [] : this.entries(owner);
    const isAlike = others.length === entries.length;
    return entries.map((entry, at) => {
      const sameMeshAs = isAlike ? others[at] : undefined;
      // Arrays alone are read of whatever has them.
      const isGraph = at === 0 && geometry !== false;
      return { entry, wish: { attributes, mode, geometry, sameMeshAs, isGraph } };
    });
  }
}
