import type { Keeper } from '../core/keeper.ts';
import { packChunk, packPoint, type RestartPoint, unpackChunk, unpackPoint } from './restart-state.ts';

/** Bytes of output between two restart points. */
export const POINT_SPACING_BYTES: number = 4 * 1024 ** 2;

/** Restart points that lie together in one object. */
const POINTS_PER_CHUNK = 4;
/** Restart points after which they are kept: what a process that is killed loses at the most. */
const POINTS_PER_KEEP = 2;

/** Chunks that stay in memory of one member. */
const MAX_CHUNKS_IN_MEMORY = 3;

/** Part of a member's restart points. */
interface Chunk {
  readonly points: Map<number, Uint8Array<ArrayBuffer>>;
  /** True when it holds points that are not kept yet. */
  isChanged: boolean;
  /** True when those that were kept before are among them. */
  isLoaded: boolean;
}

/**
 * Restart points of one deflated stream. Number n is the last place at or before n × 4 MiB of output between two symbols,
 * at most 261 bytes before it, so that the number tells where it is.
 */
export class RestartPoints {
  readonly #keeper: Keeper;
  readonly #path: string;
  readonly #version: string;
  readonly #chunks = new Map<number, Chunk>();
  /** Chunks that are not kept. */
  readonly #absent = new Set<number>();
  readonly #keeping = new Set<Promise<void>>();

  /** @param path - of the stream, for the keeper */
  constructor(keeper: Keeper, path: string, version: string) {
    this.#keeper = keeper;
    this.#path = path;
    this.#version = version;
  }

  /** Adds the point before `number` × 4 MiB. */
  add(number: number, point: RestartPoint): void {
    const index = Math.floor(number / POINTS_PER_CHUNK);
    let chunk = this.#chunks.get(index);
    if (chunk === undefined) {
      chunk = { points: new Map(), isChanged: false, isLoaded: false };
      this.#chunks.set(index, chunk);
    }
    if (chunk.points.has(number)) return;
    chunk.points.set(number, packPoint(point));
    chunk.isChanged = true;
    if ((number + 1) % POINTS_PER_KEEP === 0) this.#keepLater(index);
  }

  /** Keeps what is not kept yet, as at the end of a pass. */
  async flush(): Promise<void> {
    for (const [index, chunk] of this.#chunks) if (chunk.isChanged) this.#keepLater(index);
    await Promise.all(this.#keeping);
    for (const [index, chunk] of this.#chunks) if (!chunk.isChanged) this.#chunks.delete(index);
  }

  /** Finds the nearest point at or before a place; undefined for the beginning. */
  async before(output: number, signal: AbortSignal): Promise<RestartPoint | undefined> {
    for (let number = Math.floor(output / POINT_SPACING_BYTES); number > 0; number--) {
      const chunk = await this.#load(Math.floor(number / POINTS_PER_CHUNK), signal);
      if (chunk === undefined) {
        number -= number % POINTS_PER_CHUNK;
        continue;
      }
      const packed = chunk.points.get(number);
      const point = packed && unpackPoint(packed);
      if (point !== undefined && point.output <= output) return point;
    }
    return undefined;
  }

  /** Finds the first known point of the two next at or behind a place; undefined where neither is known. */
  async after(
    output: number,
    signal: AbortSignal,
  ): Promise<Pick<RestartPoint, 'input' | 'output' | 'crc'> | undefined> {
    for (const number of [0, 1].map((more) => Math.ceil(output / POINT_SPACING_BYTES) + more)) {
      const chunk =
        number === 0 ? undefined : await this.#load(Math.floor(number / POINTS_PER_CHUNK), signal);
      const packed = chunk?.points.get(number);
      const point = packed && unpackPoint(packed);
      if (point !== undefined && point.output >= output) return point;
    }
    return undefined;
  }

  /** Finds the CRC-32 of the output before a point in memory; undefined where it is not there. */
  crcAt(number: number): { readonly output: number; readonly crc: number } | undefined {
    const packed = this.#chunks.get(Math.floor(number / POINTS_PER_CHUNK))?.points.get(number);
    return packed && unpackPoint(packed);
  }

  /** Forgets all points up to `output`: they are of other bytes. */
  async distrust(output: number): Promise<void> {
    const last = Math.floor(output / POINT_SPACING_BYTES / POINTS_PER_CHUNK);
    await Promise.all(this.#keeping);
    this.#chunks.clear();
    for (let index = 0; index <= last + 1; index++) {
      this.#absent.add(index);
      await this.#keeper.forget(this.#pathOf(index), this.#version);
    }
  }

  async #load(index: number, signal: AbortSignal): Promise<Chunk | undefined> {
    const found = this.#chunks.get(index);
    if (found?.isLoaded === true) return found;
    if (this.#absent.has(index)) return found;
    const bytes = await this.#keeper.recall(this.#pathOf(index), this.#version, { signal });
    const kept = bytes === undefined ? undefined : unpackChunk(bytes);
    // A pass may have begun it by now.
    let chunk = this.#chunks.get(index);
    if (kept === undefined || kept.size === 0) {
      this.#absent.add(index);
      return chunk;
    }
    if (chunk === undefined) {
      this.#trim();
      chunk = { points: kept, isChanged: false, isLoaded: true };
      this.#chunks.set(index, chunk);
    }
    for (const [number, point] of kept) if (!chunk.points.has(number)) chunk.points.set(number, point);
    chunk.isLoaded = true;
    return chunk;
  }

  #trim(): void {
    for (const [index, chunk] of this.#chunks) {
      if (this.#chunks.size < MAX_CHUNKS_IN_MEMORY) return;
      if (!chunk.isChanged) this.#chunks.delete(index);
    }
  }

  #keepLater(index: number): void {
    const work = this.#keep(index).catch(() => undefined);
    this.#keeping.add(work);
    void work.then(() => this.#keeping.delete(work));
  }

  async #keep(index: number): Promise<void> {
    const chunk = this.#chunks.get(index);
    if (chunk === undefined || !chunk.isChanged) return;
    chunk.isChanged = false;
    const path = this.#pathOf(index);
    const before = await this.#keeper.recall(path, this.#version);
    if (before !== undefined) {
      for (const [number, point] of unpackChunk(before))
        if (!chunk.points.has(number)) chunk.points.set(number, point);
      await this.#keeper.forget(path, this.#version);
    }
    await this.#keeper.keep(path, this.#version, packChunk(chunk.points));
    this.#absent.delete(index);
    this.#trim();
  }

  #pathOf(index: number): string {
    return `${this.#path}#points-${index}`;
  }
}
