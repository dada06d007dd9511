import { abortable } from '../../core/abort.ts';
import { NetworkError, NotFoundError, type VascuError } from '../../core/errors.ts';
import { isRecord } from './answer.ts';
import { ApiFailure, fileFailure } from './codes.ts';
import type { NasConnection } from './connection.ts';
import { ADDITIONAL, type NasEntry, readEntry, readItems } from './entries.ts';
import { listFolder } from './folders.ts';
import { listParameter, nasPath } from './parameters.ts';

/** Longest list of paths in one question, characters as they are sent: URLs of 8 KiB pass everywhere. */
const MAX_QUESTION = 6_000;
/** Questions under way at a time. */
const MAX_CONCURRENT_QUESTIONS = 2;

/** Question that waits for its answer. */
interface Question {
  readonly path: string;
  resolve(found: NasEntry | ApiFailure): void;
  reject(error: unknown): void;
}

/**
 * Lookup of what single paths are: those asked for while others are under way go together in one request, so that many
 * readers cost few requests.
 */
export class FileInfo {
  readonly #nas: NasConnection;
  #waiting: Question[] = [];
  #running = 0;

  constructor(nas: NasConnection) {
    this.#nas = nas;
  }

  /**
   * @throws NotFoundError when there is nothing, naming the nearest folder that exists
   * @throws AuthError when the account may not see it
   */
  async find(path: string, signal: AbortSignal): Promise<NasEntry> {
    const found = await this.#ask(path, signal);
    if (!(found instanceof ApiFailure)) return found;
    if (found.code === 408) throw await this.#missing(path, signal);
    throw fileFailure(found, this.#nas.context(JSON.stringify(path)));
  }

  /** @throws NotFoundError also when it is a folder */
  async findFile(path: string, signal: AbortSignal): Promise<NasEntry> {
    const found = await this.find(path, signal);
    if (!found.isDirectory) return found;
    throw new NotFoundError(`${JSON.stringify(path)} on ${this.#nas.address.id} is a folder, not a file.`);
  }

  async #ask(path: string, signal: AbortSignal): Promise<NasEntry | ApiFailure> {
    // Before it is asked for together with others.
    nasPath(path);
    const answer = new Promise<NasEntry | ApiFailure>((resolve, reject) => {
      this.#waiting.push({ path, resolve, reject });
    });
    // In a microtask, so that what is asked for at the same moment goes together.
    queueMicrotask(() => this.#start());
    return abortable(answer, signal);
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#running < MAX_CONCURRENT_QUESTIONS) {
      let length = 0;
      const count = this.#waiting.findIndex(({ path }) => {
        length += encodeURIComponent(JSON.stringify(path)).length + 3;
        return length > MAX_QUESTION;
      });
      const batch = this.#waiting.splice(0, count < 0 ? this.#waiting.length : Math.max(1, count));
      this.#running++;
      void this.#answer(batch).finally(() => {
        this.#running--;
        this.#start();
      });
    }
  }

  /** Answers each question, or gives it its failure; never rejects. */
  async #answer(batch: readonly Question[]): Promise<void> {
    try {
      const paths = [...new Set(batch.map(({ path }) => path))];
      const found = await this.#getInfo(paths);
      // A device that refuses the list for the sake of one path is asked for each.
      const all =
        found instanceof ApiFailure && paths.length > 1
          ? await Promise.all(paths.map(async (path) => firstOf(await this.#getInfo([path]))))
          : found;
      const answers = new Map(paths.map((path, at) => [path, all instanceof ApiFailure ? all : all[at]]));
      for (const { path, resolve } of batch) resolve(answers.get(path) ?? new ApiFailure(408));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async #getInfo(paths: readonly string[]): Promise<(NasEntry | ApiFailure)[] | ApiFailure> {
    const label = paths.length === 1 ? JSON.stringify(paths[0]) : `${paths.length} paths`;
    // Not the signal of one of those who ask: the others still wait.
    const link = this.#nas.link(undefined);
    try {
      const data = await this.#nas.tryCall({
        api: 'list',
        method: 'getinfo',
        parameters: (api) => ({
          path: listParameter(api, paths.map(nasPath)),
          additional: listParameter(api, ADDITIONAL),
        }),
        label,
        signal: link.signal,
      });
      if (data instanceof ApiFailure) return data;
      const items = readItems(data, 'files', label);
      if (items.length !== paths.length) {
        throw new NetworkError(`The NAS was asked for ${paths.length} paths and answered ${items.length}.`);
      }
      return items.map((item, at) => readInfo(item, paths[at] as string));
    } finally {
      link.unlink();
    }
  }

  /** Makes the error that says that there is nothing at `path`, and what there is. */
  async #missing(path: string, signal: AbortSignal): Promise<VascuError> {
    const names = path.split('/');
    const folders = names.slice(1).map((_, at) => names.slice(0, at + 1).join('/'));
    const found = await Promise.all(folders.map((folder) => this.#ask(folder, signal)));
    const nearest = folders.findLast((_, at) => {
      const entry = found[at];
      return !(entry instanceof ApiFailure) && entry?.isDirectory === true;
    });
    const missing = `There is no ${JSON.stringify(path)} on ${this.#nas.address.id}`;
    if (nearest !== undefined) {
      return new NotFoundError(
        `${missing}: the folder ${JSON.stringify(nearest)} exists, look what is in it.`,
      );
    }
    const shares = (await listFolder(this.#nas, '', signal)).map(({ name }) => name);
    const seen = shares.length === 0 ? 'none' : shares.slice(0, 20).join(', ');
    return new NotFoundError(
      `${missing}: "${this.#nas.username}" sees no share ${JSON.stringify(names[0])}. A path begins with a share; those seen are: ${seen}.`,
    );
  }
}

function firstOf(found: (NasEntry | ApiFailure)[] | ApiFailure): NasEntry | ApiFailure {
  return found instanceof ApiFailure ? found : (found[0] ?? new ApiFailure(408));
}

/** Reads one answer of getinfo: what is there, or the code that says that nothing is. */
function readInfo(item: unknown, path: string): NasEntry | ApiFailure {
  if (isRecord(item) && typeof item['code'] === 'number') return new ApiFailure(item['code']);
  const entry = readEntry(item, path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  return { ...entry, path };
}
