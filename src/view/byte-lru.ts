/** Values by names, of which those used least recently go first where all together take more bytes than may be kept. */
export class ByteLru<Value> {
  readonly #maxBytes: number;
  readonly #sizeOf: (value: Value) => number;
  readonly #entries = new Map<string, { readonly value: Value; readonly bytes: number }>();
  #bytes = 0;

  /** @param maxBytes - the last one that was put stays in any case */
  constructor(maxBytes: number, sizeOf: (value: Value) => number) {
    this.#maxBytes = maxBytes;
    this.#sizeOf = sizeOf;
  }

  get(name: string): Value | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.value;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  put(name: string, value: Value): void {
    const bytes = this.#sizeOf(value);
    this.delete(name);
    this.#entries.set(name, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === name) return;
      this.delete(oldest);
    }
  }

  /** Removes those used least recently until all together take no more than so many bytes. */
  shrink(bytes: number): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= bytes) return;
      this.delete(oldest);
    }
  }

  delete(name: string): void {
    this.#bytes -= this.#entries.get(name)?.bytes ?? 0;
    this.#entries.delete(name);
  }
}
