import { leftOutKey } from '../core/left-out-arrays.ts';
import type { LeftOutArray } from '../core/mesh.ts';
import type { Shard } from '../core/shard.ts';
import type { DecodedSample } from '../decode/decode-input.ts';
import { warnOfGhosts } from '../graph/ghost-warning.ts';
import { warnOfLeftOut } from '../mesh/warn-left-out.ts';
import type { StreamerStats } from '../streamers/data-streamer.ts';
import type { VascuDatasetOptions } from './dataset-parts.ts';
import type { SampleTable } from './sample-table.ts';

/** Counts of what a dataset did so far, on all threads. */
export interface DatasetStats extends StreamerStats {
  readonly samplesRead: number;
  /** Bytes read from mesh files. */
  readonly bytesRead: number;
  /** Reading and decoding, summed over samples, some of which may have been under way together. */
  readonly decodeMs: number;
}

/** Listing and options of a dataset, for what makes something else of it. */
export interface DatasetFacts<Whole> {
  readonly table: SampleTable;
  readonly options: VascuDatasetOptions;
  /** Share that it is of another one; undefined where it is none. */
  readonly share: Shard | undefined;
  /** Function that makes a dataset of all that it is a share of; it is closed by whoever asked. */
  readonly whole: (() => Whole) | undefined;
}

/** Counts of what was decoded, on all threads, and what was said of it: each thing once. */
export class DecodeTally {
  readonly #leftOut = new Map<string, LeftOutArray>();
  #samplesRead = 0;
  #bytesRead = 0;
  #decodeMs = 0;
  #hasToldOfGhosts = false;

  /** Arrays that files have and their graphs have not. */
  get leftOutArrays(): readonly LeftOutArray[] {
    return [...this.#leftOut.values()];
  }

  stats(): Omit<DatasetStats, keyof StreamerStats> {
    return { samplesRead: this.#samplesRead, bytesRead: this.#bytesRead, decodeMs: this.#decodeMs };
  }

  /** Counts a sample, and warns of arrays that are not in its graph: of each with the first sample that has it. */
  add({ meshes, bytesRead, decodeMs }: Pick<DecodedSample, 'meshes' | 'bytesRead' | 'decodeMs'>): void {
    this.#samplesRead++;
    this.#bytesRead += bytesRead;
    this.#decodeMs += decodeMs;
    for (const { path, leftOut, ghosts } of meshes) {
      if (ghosts !== undefined && !this.#hasToldOfGhosts) {
        this.#hasToldOfGhosts = true;
        warnOfGhosts(path, ghosts);
      }
      const fresh = leftOut.filter((array) => !this.#leftOut.has(leftOutKey(array)));
      for (const array of fresh) this.#leftOut.set(leftOutKey(array), array);
      warnOfLeftOut(path, fresh);
    }
  }
}
