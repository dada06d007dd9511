import type { ReadOptions } from './source.ts';

/**
 * Keeper of small things that were made of a source's files: directories of archives, places to go on from. What is kept
 * may be gone later, and is then made anew.
 */
export interface Keeper {
  /**
   * Keeps bytes, as far as there is room.
   *
   * @param version - changes whenever the content would
   */
  keep(path: string, version: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Reads what was kept; undefined where it is not there. */
  recall(path: string, version: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Removes what was kept. */
  forget(path: string, version: string): Promise<void>;
}
