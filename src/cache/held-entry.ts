/** A cached file that is not removed until it is let go. */
export class HeldEntry implements Disposable {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  #release: ((remove: boolean) => void) | undefined;

  constructor(path: string, size: number, release: (remove: boolean) => void) {
    this.path = path;
    this.size = size;
    this.#release = release;
  }

  /**
   * Lets go of the file; a second call does nothing.
   *
   * @param options.remove - has the file removed as soon as nobody, in any process, holds it any more
   */
  release({ remove = false }: { readonly remove?: boolean | undefined } = {}): void {
    this.#release?.(remove);
    this.#release = undefined;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
