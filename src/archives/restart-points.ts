import type { Keeper } from '../core/keeper.ts';
import {
  type PointChunk,
  packChunk,
  packPoint,
  type RestartPoint,
  unpackChunk,
  unpackPoint,
} from './restart-state.ts';

/** Bytes of output between two restart points. */
export const POINT_SPACING_BYTES: number = 4 * 1024 ** 2;

/** Bytes that a point may lie before its place: a stop so near to it becomes one. */
export const POINT_SLACK_BYTES = 262;

/** Restart points that lie together in one object. */
const POINTS_PER_CHUNK = 4;
/** Tries to keep points before they are given up. */
const KEEP_TRIES = 3;
/** Restart points after which they are kept: what a process that is killed loses at the most. */
const POINTS_PER_KEEP = 2;

/** Chunks that stay in memory of one member. */
const MAX_CHUNKS_IN_MEMORY = 3;

/** Part of a member's restart points. */
interface Chunk {
  readonly points: Map<number, Uint8Array<ArrayBuffer>>;
  /** True when it holds points that are not kept yet. */
  isChanged: boolean;
  /** Tries to keep it that have failed. */
  failures: number;
  /** True when those that were kept before are among them. */
  isLoaded: boolean;
}

/** Chunk as it is kept. */
interface KeptChunk {
  readonly path: string;
  readonly points: PointChunk;
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
  /** Work of keeping, one after the other. */
  #keeping: Promise<void> = Promise.resolve();

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
      chunk = { points: new Map(), isChanged: false, failures: 0, isLoaded: false };
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
    await this.#keeping;
    for (const [index, chunk] of this.#chunks) if (!chunk.isChanged) this.#chunks.delete(index);
  }

  /** Finds the nearest point at or before a place; undefined for the beginning. */
  async before(output: number, signal: AbortSignal): Promise<RestartPoint | undefined> {
    const first = Math.floor((output + POINT_SLACK_BYTES) / POINT_SPACING_BYTES);
    for (let number = first; number > 0; number--) {
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

  /** Finds the last point of those that are known without a gap; undefined for none. */
  async last(signal: AbortSignal): Promise<RestartPoint | undefined> {
    let last: RestartPoint | undefined;
    for (let index = 0; ; index++) {
      const chunk = await this.#load(index, signal);
      if (chunk === undefined || chunk.points.size === 0) return last;
      const packed = chunk.points.get(Math.max(...chunk.points.keys()));
      last = (packed && unpackPoint(packed)) ?? last;
    }
  }

  /** Finds the CRC-32 of the output before a point in memory; undefined where it is not there. */
  crcAt(number: number): { readonly output: number; readonly crc: number } | undefined {
    const packed = this.#chunks.get(Math.floor(number / POINTS_PER_CHUNK))?.points.get(number);
    return packed && unpackPoint(packed);
  }

  /** Forgets all points up to `output`: they are of other bytes. */
  async distrust(output: number): Promise<void> {
    const last = Math.floor(output / POINT_SPACING_BYTES / POINTS_PER_CHUNK);
    await this.#keeping;
    this.#chunks.clear();
    for (let index = 0; index <= last + 1; index++) {
      this.#absent.add(index);
      for (const path of this.#pathsOf(index)) await this.#keeper.forget(path, this.#version);
    }
  }

  async #load(index: number, signal: AbortSignal): Promise<Chunk | undefined> {
    const found = this.#chunks.get(index);
    if (found?.isLoaded === true) return found;
    if (this.#absent.has(index)) return found;
    const kept = (await this.#recall(index, signal))?.points;
    // A pass may have begun it by now.
    let chunk = this.#chunks.get(index);
    if (kept === undefined) {
      this.#absent.add(index);
      return chunk;
    }
    if (chunk === undefined) {
      this.#trim();
      chunk = { points: new Map(), isChanged: false, failures: 0, isLoaded: true };
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
    this.#keeping = this.#keeping.then(() => this.#keep(index));
  }

  /** Keeps a chunk; where that fails it is tried again with its next points. */
  async #keep(index: number): Promise<void> {
    const chunk = this.#chunks.get(index);
    if (chunk === undefined || !chunk.isChanged) return;
    try {
      const before = await this.#recall(index);
      for (const [number, point] of before?.points ?? [])
        if (!chunk.points.has(number)) chunk.points.set(number, point);
      const { size } = chunk.points;
      const path = this.#pathOf(index, Math.max(...chunk.points.keys()));
      await this.#replace(path, before?.path, packChunk(chunk.points));
      chunk.isChanged = chunk.points.size > size;
      this.#absent.delete(index);
    } catch {
      chunk.failures++;
      if (chunk.failures >= KEEP_TRIES) chunk.isChanged = false;
    }
    this.#trim();
  }

  /** Keeps points before what they replace goes: who is killed between them loses none. */
  async #replace(path: string, before: string | undefined, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (path === before) await this.#keeper.forget(path, this.#version);
    await this.#keeper.keep(path, this.#version, bytes);
    if (before !== undefined && path !== before) await this.#keeper.forget(before, this.#version);
  }

  /** Reads the fullest state of a chunk that is kept. */
  async #recall(index: number, signal?: AbortSignal): Promise<KeptChunk | undefined> {
    for (const path of this.#pathsOf(index)) {
      const bytes = await this.#keeper.recall(path, this.#version, { signal });
      if (bytes === undefined) continue;
      const points = unpackChunk(bytes);
      if (points.size > 0) return { path, points };
      await this.#keeper.forget(path, this.#version);
    }
    return undefined;
  }

  /** Lists the paths that a chunk may be kept under, the fullest first. */
  #pathsOf(index: number): string[] {
    const first = index * POINTS_PER_CHUNK;
    const numbers = Array.from({ length: POINTS_PER_CHUNK }, (_, at) => first + POINTS_PER_CHUNK - 1 - at);
    return numbers.filter((number) => number > 0).map((number) => this.#pathOf(index, number));
  }

  /** Makes the path of a chunk up to its last point: of equal paths all processes keep the same. */
  #pathOf(index: number, last: number): string {
    return `${this.#path}#points-${index}-${last % POINTS_PER_CHUNK}`;
  }
}
