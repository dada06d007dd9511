import { SharedTask } from '../core/shared-task.ts';
import type { FileEntry } from '../core/source.ts';

/** Work on files that is done once for each version of one, however many wait for it; of the latest the result stays. */
export class LatestTasks<Result> {
  readonly #tasks = new Map<string, { readonly version: string; readonly task: SharedTask<Result> }>();

  /** Waits for the result of the work on a file, which begins now unless it is known; what fails is begun anew. */
  join(
    { path, version }: Pick<FileEntry, 'path' | 'version'>,
    run: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    const known = this.#tasks.get(path);
    if (known !== undefined && known.version === version && !known.task.abandoned)
      return known.task.join(signal);
    const task = new SharedTask(run);
    this.#tasks.set(path, { version, task });
    return task.join(signal).catch((error: unknown) => {
      if (this.#tasks.get(path)?.task === task) this.#tasks.delete(path);
      throw error;
    });
  }

  delete(path: string): void {
    this.#tasks.delete(path);
  }
}
