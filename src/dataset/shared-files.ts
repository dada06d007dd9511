import type { TimeSlice } from '../core/time-slice.ts';
import type { SampleFiles } from './sample-files.ts';

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 64;

/** Samples that have a file, and the one that needs it first, as far as that was asked for. */
interface Users {
  readonly samples: number[];
  asOf: number;
  soonest: number;
}

/** Files that several samples have, such as the mesh of a case that many results are of: who needs each first. */
export class SharedFiles {
  readonly #users: ReadonlyMap<string, Users>;

  private constructor(users: ReadonlyMap<string, Users>) {
    this.#users = users;
  }

  /** Finds the files that several samples have; undefined where there is none. */
  static async find(
    files: Pick<SampleFiles, 'sharedEntries'>,
    length: number,
    slice: TimeSlice,
  ): Promise<SharedFiles | undefined> {
    const users = new Map<string, Users>();
    for (let index = 0; index < length; index++) {
      const shared = files.sharedEntries?.(index);
      if (shared === undefined) return undefined;
      for (const { path } of shared) {
        const known = users.get(path);
        if (known === undefined) users.set(path, { samples: [index], asOf: -1, soonest: index });
        else known.samples.push(index);
      }
      if (index % SAMPLES_PER_STEP === 0) await slice.pause();
    }
    return new SharedFiles(users);
  }

  /**
   * Finds the sample that needs a file first; undefined for a file that is of one alone.
   *
   * @param asOf - changes whenever distances do
   * @param distanceTo - a sample; undefined where it is not needed any more
   */
  soonest(path: string, asOf: number, distanceTo: (index: number) => number | undefined): number | undefined {
    const users = this.#users.get(path);
    if (users === undefined) return undefined;
    if (users.asOf === asOf) return users.soonest;
    let least = Number.POSITIVE_INFINITY;
    users.asOf = asOf;
    for (const index of users.samples) {
      const distance = distanceTo(index) ?? Number.POSITIVE_INFINITY;
      if (distance >= least) continue;
      least = distance;
      users.soonest = index;
    }
    return users.soonest;
  }
}
