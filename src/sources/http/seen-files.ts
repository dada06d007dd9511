import { type FileFacts, headerVersion, timeVersion } from './headers.ts';

/** Facts that were seen of a file on its server. */
export interface SeenFile {
  /** Version by which the source names the state of the file. */
  readonly version: string;
  /** Version by which the server named it then. */
  readonly served: string | undefined;
  readonly size: number;
  readonly modified: Date | undefined;
  /** True when HEAD said so, and no GET yet. */
  readonly byHead: boolean;
}

/** Files that are remembered. */
const MAX_REMEMBERED = 10_000;

/** Memory of what servers said of files, to know them again when they are asked for once more. */
export class SeenFiles {
  readonly #files = new Map<string, SeenFile>();

  get(path: string): SeenFile | undefined {
    return this.#files.get(path);
  }

  forget(path: string): void {
    this.#files.delete(path);
  }

  remember(path: string, file: SeenFile): void {
    this.#files.delete(path);
    this.#files.set(path, file);
    const [oldest] = this.#files.keys();
    if (this.#files.size > MAX_REMEMBERED && oldest !== undefined) this.#files.delete(oldest);
  }
}

/**
 * Compares the file that an answer is of with the one that was meant: it is the `'same'`; it has the same date and size
 * and another ETag (`'alike'`), as where several servers answer by one name; or it is another one.
 *
 * @param served - the state that is meant, as the server named it; undefined where any will do
 * @param seen - what was seen of that state
 */
export function compareStates(
  served: string | undefined,
  seen: SeenFile | undefined,
  facts: FileFacts,
): 'same' | 'alike' | 'other' {
  const { size = seen?.size, modified } = facts;
  if (served === undefined || size === undefined) return 'same';
  if (headerVersion(facts, size, served.startsWith('"')) === served) return 'same';
  if (modified === undefined) return 'other';
  const time = timeVersion(size, modified);
  if (time === served) return 'alike';
  const before = seen?.served === served && seen.modified !== undefined ? seen : undefined;
  return before !== undefined && timeVersion(before.size, before.modified as Date) === time
    ? 'alike'
    : 'other';
}
