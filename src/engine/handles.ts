import { DisposedError } from '../data.ts';

/** Object that a client can hold on to by a number. */
export interface Closable {
  close(): unknown;
}

/** Objects of the engine by the numbers under which clients know them. */
export class Handles {
  readonly #objects = new Map<number, Closable>();
  #last = 0;

  add(object: Closable): number {
    this.#objects.set(++this.#last, object);
    return this.#last;
  }

  /**
   * Finds an object of a class.
   *
   * @throws DisposedError when there is none under this number
   */
  get<Type extends object>(handle: number, ...classes: readonly { readonly prototype: Type }[]): Type {
    const found = this.#objects.get(handle);
    for (const { prototype } of classes)
      if (found !== undefined && Object.prototype.isPrototypeOf.call(prototype, found))
        return found as object as Type;
    throw new DisposedError('It was closed, or the engine that had it is another one: open it again.');
  }

  /** Closes an object and forgets it; one that is gone already is no error. */
  async close(handle: number): Promise<void> {
    const found = this.#objects.get(handle);
    this.#objects.delete(handle);
    await found?.close();
  }

  /** Closes all, the last ones first. */
  async closeAll(): Promise<void> {
    const handles = [...this.#objects.keys()].toReversed();
    await Promise.allSettled(handles.map((handle) => this.close(handle)));
  }
}
