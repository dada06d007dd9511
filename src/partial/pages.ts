import type { RandomAccess } from '../core/mesh.ts';
import { openFileAccess } from '../files/file-access.ts';

/** Most that is fetched of a file to find its head's end, bytes. */
const MAX_HEAD_BYTES = 4 * 1024 ** 2;

/** How much larger each further try is. */
const GROWTH = 4;

/** More of a file is asked for than its head that is here. */
export class HeadTooShort extends Error {
  override readonly name = 'HeadTooShort';
  /** Where the bytes that are asked for end. */
  readonly needed: number;

  constructor(needed: number) {
    super(`the head of the file is needed up to byte ${needed}`);
    this.needed = needed;
  }
}

/** The beginning of a file in memory. A read beyond it rejects with {@link HeadTooShort}. */
export class HeadAccess implements RandomAccess {
  readonly size: number;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param size - of the whole file, bytes */
  constructor(size: number) {
    this.size = size;
  }

  /** Adds the content of a file, which follows what is here. */
  async add(path: string, signal?: AbortSignal): Promise<void> {
    await using file = await openFileAccess(path);
    const more = await file.read(0, file.size, signal);
    const bytes = new Uint8Array(this.#bytes.byteLength + more.byteLength);
    bytes.set(this.#bytes);
    bytes.set(more, this.#bytes.byteLength);
    this.#bytes = bytes;
  }

  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = offset + length;
    if (end > this.#bytes.byteLength) return Promise.reject(new HeadTooShort(end));
    return Promise.resolve(this.#bytes.slice(offset, end));
  }
}

/**
 * Where the head ends that is fetched next: at one of a few places, so that the parts of a file have the same ends
 * whoever fetches them. Undefined where that would be most of the file, or more than a head takes.
 */
export function nextHeadEnd(needed: number, size: number): number | undefined {
  let end = MAX_HEAD_BYTES;
  while (end / GROWTH >= needed) end /= GROWTH;
  return needed <= MAX_HEAD_BYTES && end <= size / 2 ? end : undefined;
}
