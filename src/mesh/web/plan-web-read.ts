import { isVascuError } from '../../core/errors.ts';
import type { RandomAccess } from '../../core/mesh.ts';
import { NoPlan } from '../../core/mesh-format.ts';
import type { ReadPlan } from '../../core/read-plan.ts';
import { openMesh, parsedOf } from '../../formats/registry.ts';
import type { WebFile } from './web-file.ts';

/** Most that is fetched of a file to find its head's end, bytes. */
const MAX_HEAD_BYTES = 4 * 1024 ** 2;
/** Factor by which each further try is larger. */
const HEAD_GROWTH_FACTOR = 4;
/** Bytes at whose multiples pages behind the head begin and end. */
const PAGE_BYTES = 4 * 1024;
/** Bytes that come in the time of a round trip: of a file of fewer for each page, all comes as soon. */
const BYTES_PER_PAGE = 500_000;

/** Wish of a read whose bytes are planned. */
export interface WebWish {
  readonly attributes: readonly string[];
  /** True when points and cells are wanted. */
  readonly geometry: boolean;
}

/** Sign that more of the head is needed than is here. */
class HeadTooShort extends Error {
  override readonly name = 'HeadTooShort';
  readonly needed: number;

  constructor(needed: number) {
    super(`the head is needed up to byte ${needed}`);
    this.needed = needed;
  }
}

/** Sign that so many pages are needed that all of the file comes as soon. */
class TooManyPages extends Error {
  override readonly name = 'TooManyPages';
}

/**
 * Plans a read by the head of a file, of which more is fetched where it is longer, and by pages behind it.
 *
 * @returns undefined where all of the file should be fetched
 */
export async function planWebRead(
  file: WebFile,
  path: string,
  wish: WebWish,
  signal: AbortSignal,
): Promise<ReadPlan | undefined> {
  for (;;) {
    try {
      const opened = await openMesh(new PlannedAccess(file), { path, planOnly: true, signal });
      const plan = await opened.plan({ ...wish, signal });
      return typeof plan === 'string' ? undefined : { ...plan, parsed: parsedOf(opened) };
    } catch (error) {
      // Whoever reads all of a broken file says more of it.
      const isUnplannable = error instanceof NoPlan || error instanceof TooManyPages;
      if (isUnplannable || isVascuError(error, 'FORMAT')) return undefined;
      if (!(error instanceof HeadTooShort)) throw error;
      const { headEnd } = file;
      const end = toPage(Math.max(error.needed, headEnd * HEAD_GROWTH_FACTOR));
      if (end > MAX_HEAD_BYTES || end > file.size / 2) return undefined;
      file.begin([{ start: headEnd, end }]);
    }
  }
}

/** A file as its plan reads it: what follows the head is no page of its own, since nothing tells how far that goes. */
class PlannedAccess implements RandomAccess {
  readonly #file: WebFile;
  readonly #headEnd: number;
  #pages = 0;

  constructor(file: WebFile) {
    this.#file = file;
    this.#headEnd = file.headEnd;
  }

  get size(): number {
    return this.#file.size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const end = offset + length;
    if (!this.#file.has({ start: offset, end })) {
      if (offset <= this.#headEnd || end > this.size) throw new HeadTooShort(end);
      if (++this.#pages * BYTES_PER_PAGE > this.size) throw new TooManyPages();
      const start = Math.floor(offset / PAGE_BYTES) * PAGE_BYTES;
      this.#file.begin([{ start, end: Math.min(this.size, toPage(end)) }]);
    }
    return this.#file.read(offset, length, signal);
  }
}

/** Rounds an offset up to where a page begins. */
function toPage(offset: number): number {
  return Math.ceil(offset / PAGE_BYTES) * PAGE_BYTES;
}
