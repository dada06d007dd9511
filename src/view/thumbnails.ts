import { setTimeout as wait } from 'node:timers/promises';
import { linkSignals } from '../core/abort.ts';
import type { FileEntry } from '../core/source.ts';
import { openFileAccess } from '../files/file-access.ts';
import type { DataStreamer } from '../io.ts';
import type { MeshDesk, MeshPlace } from './mesh-desk.ts';
import type { StoredArray } from './view-task.ts';

/** Pixels across and down. */
const WIDTH_PIXELS = 112;
const HEIGHT_PIXELS = 84;
/** Largest sample that is drawn unasked, bytes: reading a larger one takes more time than a small picture is worth. */
const MAX_UNASKED_BYTES = 256 * 1024 ** 2;
/** Time for which nothing else is asked before a picture is drawn, milliseconds. */
const QUIET_MS = 150;
/** Version of the pictures: another one has them drawn anew. */
const PICTURES_VERSION = '1';

/** Mesh that a picture is drawn of. */
interface Pictured {
  readonly place: MeshPlace;
  readonly array: StoredArray | undefined;
}

/**
 * Small pictures of samples, kept in the cache. They are drawn one after the other while nothing else is asked for: whoever
 * looks at a sample goes first.
 */
export class Thumbnails {
  readonly #streamer: DataStreamer;
  readonly #desk: MeshDesk;
  readonly #drawsAll: boolean;
  #busy = 0;
  #drawing: AbortController | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param drawsAll - whether pictures are drawn of samples that have to be fetched for it */
  constructor(streamer: DataStreamer, desk: MeshDesk, drawsAll: boolean) {
    this.#streamer = streamer;
    this.#desk = desk;
    this.#drawsAll = drawsAll;
  }

  /** Holds drawing up, for as long as what is returned is not disposed of. */
  pause(): Disposable {
    this.#busy++;
    this.#drawing?.abort(new Error('something else goes first'));
    return { [Symbol.dispose]: () => void this.#busy-- };
  }

  /** Gives the picture of a sample; undefined where it is not there and may not be drawn. */
  async get(
    files: readonly FileEntry[],
    find: (signal: AbortSignal) => Promise<Pictured>,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const [first] = files;
    if (first === undefined) return undefined;
    const name = `thumbnails/${first.path}.png`;
    const version = [PICTURES_VERSION, ...files.map((file) => file.version)].join(' ');
    const kept = await this.#kept(name, version, signal);
    if (kept !== undefined || !(await this.#mayDraw(files, signal))) return kept;
    const drawn = this.#last.then(() => this.#draw(find, signal));
    this.#last = drawn.catch(() => undefined);
    const bytes = await drawn;
    await this.#streamer.keep(name, version, bytes, { signal });
    return bytes;
  }

  async #kept(
    name: string,
    version: string,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    using held = await this.#streamer.openKept(name, version, { signal });
    if (held === undefined) return undefined;
    await using file = await openFileAccess(held.path);
    return await file.read(0, file.size, signal);
  }

  async #mayDraw(files: readonly FileEntry[], signal: AbortSignal): Promise<boolean> {
    if (this.#drawsAll) return true;
    if (files.reduce((sum, { size }) => sum + size, 0) > MAX_UNASKED_BYTES) return false;
    for (const entry of files) if (!(await this.#streamer.isHere(entry, { signal }))) return false;
    return true;
  }

  /** Draws a picture once nothing else is asked for, again where something else was in between. */
  async #draw(
    find: (signal: AbortSignal) => Promise<Pictured>,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      do await wait(QUIET_MS, undefined, { signal });
      while (this.#busy > 0);
      const drawing = new AbortController();
      this.#drawing = drawing;
      const link = linkSignals(signal, drawing.signal);
      try {
        const { place, array } = await find(link.signal);
        const task = {
          do: 'picture',
          mesh: place.id,
          array,
          width: WIDTH_PIXELS,
          height: HEIGHT_PIXELS,
        } as const;
        const outcome = await this.#desk.answer(task, [place], link.signal);
        if ('bytes' in outcome) return outcome.bytes;
      } catch (error) {
        if (signal.aborted || !drawing.signal.aborted) throw error;
      } finally {
        link.unlink();
        if (this.#drawing === drawing) this.#drawing = undefined;
      }
    }
  }
}
