import { linkSignals } from '../../core/abort.ts';
import { SharedTask } from '../../core/shared-task.ts';
import { entriesBelow, sortEntries } from '../../core/sort-entries.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';

/** Loader of what a {@link HubTree} does not know yet. */
export interface TreeLoader {
  /** Lists files below `folder` (`''`: all), in any order; those in it alone, where not `recursive`. */
  list(folder: string, recursive: boolean, signal: AbortSignal): Promise<readonly FileEntry[]>;
  /** Describes the file at `path`, if there is one. */
  describe(path: string, signal: AbortSignal): Promise<FileEntry | undefined>;
}

/** Knowledge of the files of a commit where not all of them are known. */
export interface TreeKnowledge {
  /** Paths at which there is no file. */
  readonly missing: readonly string[];
  /** Folders of which every file at any depth is known. */
  readonly listed: readonly string[];
  /** Folders of which every file right in them is known. */
  readonly seen: readonly string[];
}

/** Entries that are looked at between two looks at the time. */
const ENTRIES_PER_STEP = 1000;

/** Number of files of one folder that are asked for one by one; then the folder is listed. */
const SINGLE_LOOKUPS = 4;

/**
 * The files of one commit, as far as they were asked for. A commit does not change, so nothing is asked twice;
 * callers that ask for the same at the same time wait for one answer.
 */
export class HubTree {
  readonly commit: string;
  readonly #loader: TreeLoader;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, FileEntry>();
  readonly #missing = new Set<string>();
  /** Folders of which every file at any depth is known, with their listings. */
  readonly #listed = new Map<string, readonly FileEntry[]>();
  /** Folders of which every file right in them is known. */
  readonly #seen = new Set<string>();
  readonly #lookups = new Map<string, number>();
  readonly #running = new Map<string, SharedTask<void>>();
  /** True when the listing of the root is only what is known. */
  #isPartial = false;
  #changes = 0;

  constructor(commit: string, loader: TreeLoader, signal: AbortSignal) {
    this.commit = commit;
    this.#loader = loader;
    this.#signal = signal;
  }

  /** Takes the listing of the whole commit from elsewhere. */
  async fill(entries: readonly FileEntry[]): Promise<void> {
    await this.#keepListing('', entries, this.#signal);
  }

  /** Grows whenever more is known. */
  get changes(): number {
    return this.#changes;
  }

  /** Files that are known, all of them, in any order. */
  get known(): readonly FileEntry[] {
    return [...this.#known.values()];
  }

  /** Knowledge besides them. */
  get knowledge(): TreeKnowledge {
    return { missing: [...this.#missing], listed: [...this.#listed.keys()], seen: [...this.#seen] };
  }

  /** Takes what was known of this commit before. */
  async learn(entries: readonly FileEntry[], { missing, listed, seen }: TreeKnowledge): Promise<void> {
    const slice = new TimeSlice(this.#signal);
    for (const [index, entry] of entries.entries()) {
      this.#known.set(entry.path, entry);
      if (index % ENTRIES_PER_STEP === 0) await slice.pause();
    }
    for (const path of missing) this.#missing.add(path);
    for (const folder of seen) this.#seen.add(folder);
    for (const folder of listed) {
      const below = folder === '' ? entries : entries.filter(({ path }) => path.startsWith(`${folder}/`));
      await this.#keepListing(folder, below, this.#signal);
    }
  }

  /** Lets nothing be asked for from now on: there are these files, and what is known besides. */
  async closeWith(entries: readonly FileEntry[]): Promise<void> {
    if (this.#listed.has('')) return;
    this.#isPartial = true;
    for (const entry of entries) this.#known.set(entry.path, entry);
    await this.#keepListing('', this.known, this.#signal);
  }

  /** Tells whether it is known that there is no such file. */
  isMissing(path: string): boolean {
    if (this.#known.has(path)) return false;
    const folder = folderOf(path);
    if (this.#missing.has(path) || this.#seen.has(folder)) return true;
    const holder = this.#holderOf(folder);
    return holder !== undefined && !(this.#isPartial && holder === this.#listed.get(''));
  }

  /** Lists every file whose path begins with `prefix`, sorted by path. */
  async list(prefix: string, signal?: AbortSignal): Promise<readonly FileEntry[]> {
    const folder = folderOf(prefix);
    if (this.#holderOf(folder) === undefined) {
      await this.#once(`list ${folder}`, signal, async (running) => {
        await this.#keepListing(folder, await this.#loader.list(folder, true, running), running);
      });
    }
    return entriesBelow(this.#holderOf(folder) ?? [], prefix);
  }

  /** Finds the file at `path`, if there is one. */
  async find(path: string, signal?: AbortSignal): Promise<FileEntry | undefined> {
    const folder = folderOf(path);
    const isKnown = (): boolean =>
      this.#known.has(path) ||
      this.#missing.has(path) ||
      this.#seen.has(folder) ||
      this.#holderOf(folder) !== undefined;
    if (isKnown()) return this.#known.get(path);
    const lookups = (this.#lookups.get(folder) ?? 0) + 1;
    this.#lookups.set(folder, lookups);
    if (lookups > SINGLE_LOOKUPS) {
      await this.#once(`folder ${folder}`, signal, async (running) => {
        const entries = await this.#loader.list(folder, false, running);
        for (const entry of entries) this.#known.set(entry.path, entry);
        this.#seen.add(folder);
        this.#changes++;
      });
    } else {
      await this.#once(`file ${path}`, signal, async (running) => {
        const entry = await this.#loader.describe(path, running);
        if (entry === undefined) this.#missing.add(path);
        else this.#known.set(path, entry);
        this.#changes++;
      });
    }
    return this.#known.get(path);
  }

  /** Finds the listing of `folder` or of one that it lies in. */
  #holderOf(folder: string): readonly FileEntry[] | undefined {
    for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const entries = this.#listed.get(at);
      if (entries !== undefined || at === '') return entries;
    }
  }

  async #keepListing(folder: string, entries: readonly FileEntry[], signal: AbortSignal): Promise<void> {
    const slice = new TimeSlice(signal);
    const sorted = await slice.run(sortEntries(entries));
    for (const [index, entry] of sorted.entries()) {
      this.#known.set(entry.path, entry);
      if (index % ENTRIES_PER_STEP === 0) await slice.pause();
    }
    this.#listed.set(folder, sorted);
    this.#changes++;
  }

  /** Runs a task once for all who want it at the same time. */
  #once(
    key: string,
    signal: AbortSignal | undefined,
    task: (running: AbortSignal) => Promise<void>,
  ): Promise<void> {
    let shared = this.#running.get(key);
    if (shared === undefined || shared.abandoned) {
      const started = new SharedTask((own) => {
        const link = linkSignals(own, this.#signal);
        return task(link.signal).finally(link.unlink);
      });
      this.#running.set(key, started);
      void started.ended().then(() => {
        if (this.#running.get(key) === started) this.#running.delete(key);
      });
      shared = started;
    }
    return shared.join(signal);
  }
}

/** Names the folder that a path lies in; `''` at the root. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
