import { NotFoundError } from '../core/errors.ts';
import type { FilePlace } from '../core/held-file.ts';
import type { RandomAccess } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';
import type { FileAccess } from './file-access.ts';
import { openPlace } from './ranged-file.ts';

/** A mesh file and its pieces: opened when they are wanted, closed together, their bytes counted. */
export class FileGroup {
  readonly #name: string;
  readonly #locate: (relative: string) => FilePlace | undefined;
  readonly #opened: FileAccess[] = [];
  #bytesRead = 0;

  /**
   * @param name - how error messages name the mesh file
   * @param locate - the place of a piece by what the mesh file calls it; undefined where it has none
   */
  constructor(name: string, locate: (relative: string) => FilePlace | undefined) {
    this.#name = name;
    this.#locate = locate;
  }

  /** Bytes read from all files so far. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /**
   * Opens a file of the group.
   *
   * @throws NotFoundError when there is no such file
   */
  async open(place: FilePlace, signal?: AbortSignal): Promise<RandomAccess> {
    signal?.throwIfAborted();
    const file = await openPlace(place);
    this.#opened.push(file);
    return {
      size: file.size,
      read: (offset, length, ...rest) => {
        this.#bytesRead += length;
        return file.read(offset, length, ...rest);
      },
      readInto: (offset, target, ...rest) => {
        this.#bytesRead += target.byteLength;
        return file.readInto(offset, target, ...rest);
      },
    };
  }

  /** Opens a piece by what the mesh file calls it. */
  readonly openSibling = async (relative: string, signal?: AbortSignal): Promise<RandomAccess> => {
    const path = this.#locate(relative);
    if (path !== undefined) return this.open(path, signal);
    throw new NotFoundError(
      `${this.#name} names the piece ${showValue(relative)}, which is missing or lies outside of the folder that is read.`,
    );
  };

  /** Closes every file that was opened. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.map((file) => file.close()));
  }
}
