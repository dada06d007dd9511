import { isVascuError } from '../core/errors.ts';
import type { FileEntry, Source } from '../core/source.ts';

/** Number of times that a file is looked at again that changes while it is fetched. */
const MAX_CHANGES = 3;

/** Files of a source as they are now, whatever they were when they were listed. */
export class CurrentFiles {
  /** Paths of those that were of another version than the listed one. */
  readonly changed: Set<string> = new Set();
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  /**
   * Does something with a file as it is now: once more where it changes meanwhile.
   *
   * @param listed - the file as it was listed; undefined to ask for it
   */
  async use<Result>(
    path: string,
    listed: FileEntry | undefined,
    signal: AbortSignal,
    action: (entry: FileEntry) => Promise<Result>,
  ): Promise<Result> {
    for (let entry = listed, changes = 0; ; changes++) {
      entry ??= await this.#source.stat(path, { signal });
      try {
        return await action(entry);
      } catch (error) {
        if (!isVascuError(error, 'NOT_FOUND')) throw error;
        const now = await this.#source.stat(path, { signal });
        const isSame = now.version === entry.version && now.size === entry.size;
        if (isSame || changes === MAX_CHANGES) throw error;
        if (listed !== undefined) this.changed.add(path);
        entry = now;
      }
    }
  }
}
