/**
 * Reader of bytes one chunk after the other: what a `ReadableStreamDefaultReader` does without its promises, which cost
 * a small file more than all its bytes.
 */
export interface ChunkReader {
  /** Reads the next bytes; undefined at the end. A promise only where they have to be waited for, or have failed. */
  read(): Uint8Array<ArrayBuffer> | undefined | Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Gives up what has not been read. */
  cancel(reason?: unknown): void;
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Readers of opened files and of bodies that have one besides their streams. */
const offered = new WeakMap<object, ChunkReader>();

/**
 * Offers a reader besides the stream of an opened file, or of a body, for whoever has that very object: what wraps it has
 * bytes of its own.
 */
export function offerChunks<Owner extends object>(owner: Owner, reader: ChunkReader): Owner {
  offered.set(owner, reader);
  return owner;
}

/** Gives the reader of an opened file: its own, or one of its stream, which is then locked. */
export function chunksOf(file: { readonly body: Body }): ChunkReader {
  const own = offered.get(file) ?? offered.get(file.body);
  if (own !== undefined) return own;
  const reader = file.body.getReader();
  return {
    read: () => reader.read().then(({ value }) => value),
    cancel: (reason) => void reader.cancel(reason).catch(() => undefined),
  };
}
