/** Listeners that want to know how far downloads are, by the names of the objects that they make. */
export class ProgressListeners {
  readonly #byName = new Map<string, Set<(bytes: number) => void>>();

  /** Listens until what is returned is disposed of. */
  add(name: string, listener: ((bytes: number) => void) | undefined): Disposable {
    if (listener === undefined) return { [Symbol.dispose]: () => undefined };
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.#byName.delete(name);
      },
    };
  }

  /**
   * Tells all listeners of a name how far its download is.
   *
   * @param bytes - of the file that are here by now
   */
  tell(name: string, bytes: number): void {
    for (const listener of this.#byName.get(name) ?? []) listener(bytes);
  }
}
