import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { Found, Members } from './archive.ts';

/** Members that are listed in one step. */
const MEMBERS_PER_STEP = 5000;

/** Members of an archive that are held as they were found. */
export class MemberMap implements Members {
  readonly #byPath: ReadonlyMap<string, Found>;

  constructor(byPath: ReadonlyMap<string, Found>) {
    this.#byPath = byPath;
  }

  get(path: string): Found | undefined {
    return this.#byPath.get(path);
  }

  paths(): Iterable<string> {
    return this.#byPath.keys();
  }

  async entries(signal: AbortSignal): Promise<readonly FileEntry[]> {
    const entries: FileEntry[] = [];
    const slice = new TimeSlice(signal);
    for (const { entry } of this.#byPath.values()) {
      entries.push(entry);
      if (entries.length % MEMBERS_PER_STEP === 0) await slice.pause();
    }
    return entries;
  }
}
