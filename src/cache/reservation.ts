import { IntegrityError, isVascuError } from '../core/errors.ts';
import type { Checksum } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { ContentHash } from './content-hash.ts';
import { explainFile, isFullDisk } from './disk-error.ts';
import type { HeldEntry } from './held-entry.ts';
import type { PartFile } from './part-file.ts';

/** Bytes that are hashed between two looks at the time. */
const PIECE_BYTES = 1024 ** 2;
/** Bytes that may wait to be written before {@link Reservation.write} waits. */
const HIGH_WATER_BYTES = 4 * 1024 ** 2;

/**
 * Most bytes, if there is more than one part, and most parts that are written by one call to the system at
 * most.
 */
const WRITE_LIMITS = { bytes: 1024 ** 2, parts: 256 } as const;

/** Bytes after which what was written is made safe, so that a fetch that dies can be resumed from there. */
const SYNC_BYTES = 16 * 1024 ** 2;

/** Number of tries of a write after room was made on a full disk. */
const FULL_DISK_TRIES = 3;

/**
 * Pause between two signs that show others that a fetch goes on of which nothing is written yet,
 * milliseconds.
 */
const SIGN_INTERVAL_MS = 4_000;

/** A part of a file and whoever wants its buffer back. */
interface Part {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly recycle: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

/** Steps of a {@link Reservation} at its milestones. */
export interface ReservationSteps {
  /**
   * Publishes the content, which is complete and safe on disk.
   *
   * @throws IntegrityError when others have cut it: then it may be begun anew
   */
  publish(sha256: string, file: PartFile): Promise<HeldEntry>;
  /** Ends a fetch that was given up; `progress` bytes are safe on disk, 0 where nothing is to be kept. */
  abandon(progress: number): Promise<void>;
  /** Notes that `progress` bytes are safe on disk. */
  advance(progress: number): Promise<void>;
  /** Frees some of a full disk; false where that is not possible. */
  makeRoom(bytes: number): Promise<boolean>;
}

/** File that a {@link Reservation} is for. */
export interface ReservationTarget {
  /** Name of the file in messages. */
  readonly label: string;
  /** Bytes of the whole file. */
  readonly size: number;
  readonly checksum: Checksum | undefined;
}

/**
 * Room in the cache for a file that is being fetched: written from its beginning to its end into a file that
 * nobody sees, and published whole, or not at all.
 */
export class Reservation {
  readonly #target: ReservationTarget;
  readonly #file: PartFile;
  readonly #steps: ReservationSteps;
  #hash: ContentHash;
  #received = 0;
  #written = 0;
  #safe = 0;
  #queue: Part[] = [];
  #queued = 0;
  #pumping: Promise<void> | undefined;
  /** Ends a wait when there is room for more. */
  #room = (): void => undefined;
  #syncing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #signedAt = performance.now();

  private constructor(target: ReservationTarget, file: PartFile, steps: ReservationSteps) {
    this.#target = target;
    this.#file = file;
    this.#steps = steps;
    this.#hash = new ContentHash(target.size, target.checksum);
  }

  /**
   * Begins to fill room that was set aside.
   *
   * @param progress - bytes at the beginning of the file that are there already
   * @internal
   */
  static async begin(
    target: ReservationTarget,
    file: PartFile,
    steps: ReservationSteps,
    progress: number,
    signal?: AbortSignal,
  ): Promise<Reservation> {
    const reservation = new Reservation(target, file, steps);
    if (progress > 0) await reservation.#resume(progress, signal);
    return reservation;
  }

  /** Bytes that are there: where to go on. */
  get received(): number {
    return this.#received;
  }

  /** Bytes of the whole file. */
  get size(): number {
    return this.#target.size;
  }

  /**
   * Appends bytes. Resolves when more may come, which can be before they are on disk; a failure to write is
   * thrown by a later call.
   *
   * @param recycle - called with `bytes` when they are no longer needed
   * @throws IntegrityError when more comes than was announced
   */
  async write(
    bytes: Uint8Array<ArrayBuffer>,
    recycle?: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> {
    await this.append(bytes, recycle);
  }

  /**
   * Appends bytes as {@link Reservation.write} does, with a promise only where more may not come at once.
   *
   * @throws IntegrityError when more comes than was announced
   */
  append(
    bytes: Uint8Array<ArrayBuffer>,
    recycle?: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> | undefined {
    this.#check();
    const { size, label } = this.#target;
    if (this.#received + bytes.byteLength > size) {
      throw new IntegrityError(
        `${label} is longer than the ${size} bytes that were announced. Nothing of it is kept.`,
        String(size),
        `at least ${this.#received + bytes.byteLength}`,
      );
    }
    this.#hash.update(bytes);
    this.#received += bytes.byteLength;
    this.sign();
    this.#queue.push({ bytes, recycle });
    this.#queued += bytes.byteLength;
    if (this.#file.atOnce && this.#received < size) return undefined;
    void this.#pump();
    // Not until all is written: reading goes on beside writing.
    return this.#queued < HIGH_WATER_BYTES ? undefined : this.#hasRoom();
  }

  /** Appends bytes that are at hand, in pieces between which others run: their digest takes a while. */
  async writeAll(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<void> {
    const slice = new TimeSlice(signal);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await this.write(bytes.subarray(at, at + PIECE_BYTES));
      await slice.pause();
    }
  }

  /** Shows those who wait for the file in other processes that its fetch goes on, though nothing may be written yet. */
  sign(): void {
    const now = performance.now();
    if (now - this.#signedAt < SIGN_INTERVAL_MS || this.#ended) return;
    this.#signedAt = now;
    try {
      this.#file.touch();
    } catch {
      // They fetch it themselves after a while, which is only twice the work.
    }
  }

  /** Begins anew, without the bytes that are there. */
  async restart(): Promise<void> {
    await this.#idle();
    this.#check();
    this.#forget();
    // Before anything else, so that a process that dies now leaves no progress that is not there.
    await this.#steps.advance(0);
    try {
      await this.#file.truncate(0);
    } catch (error) {
      throw explainFile(this.#target.label, error);
    }
    this.#received = 0;
    this.#written = 0;
    this.#safe = 0;
    this.#hash = new ContentHash(this.#target.size, this.#target.checksum);
  }

  /**
   * Makes the file visible under its name, and holds it.
   *
   * @throws IntegrityError when bytes are missing or the digest is not the announced one
   */
  async publish(): Promise<HeldEntry> {
    if (this.#isBusy) await this.#idle();
    this.#check();
    const { size, label } = this.#target;
    if (this.#received !== size) {
      throw new IntegrityError(
        `${label} ended after ${this.#received} of ${size} bytes. Nothing of it is kept.`,
        String(size),
        String(this.#received),
      );
    }
    const sha256 = this.#hash.finish(label);
    try {
      if (!this.#file.atOnce) await this.#file.sync();
    } catch (error) {
      throw explainFile(label, error);
    }
    // It may have been given up meanwhile.
    this.#check();
    this.#ended = true;
    try {
      const held = await this.#steps.publish(sha256, this.#file);
      this.#file.close();
      return held;
    } catch (error) {
      if (isVascuError(error, 'INTEGRITY')) this.#ended = false;
      else this.#file.close();
      throw explainFile(label, error);
    }
  }

  /**
   * Gives the room back; after {@link Reservation.publish} it does nothing.
   *
   * @param options.keep - keeps what is there, so that a later fetch of the same version goes on from it
   */
  async abandon({ keep }: { readonly keep: boolean }): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#idle();
    let progress = 0;
    try {
      if (keep) await this.#pump();
      if (keep && this.#failure === undefined) {
        await this.#file.sync();
        progress = this.#written;
      }
    } catch {
      // Then nothing is kept.
    } finally {
      this.#forget();
      this.#file.close();
      await this.#steps.abandon(progress);
    }
  }

  /** Hashes what is there and goes on behind it. */
  async #resume(progress: number, signal: AbortSignal | undefined): Promise<void> {
    await this.#file.truncate(progress);
    for await (const bytes of this.#file.read(progress)) {
      signal?.throwIfAborted();
      this.#hash.update(bytes);
    }
    this.#received = progress;
    this.#written = progress;
    this.#safe = progress;
  }

  async #hasRoom(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#room = resolve;
    });
    this.#check();
  }

  /** Writes what is queued, and what comes meanwhile. */
  #pump(): Promise<void> {
    this.#pumping ??= this.#writeQueue().then(() => {
      this.#pumping = undefined;
      this.#room();
      // It may have come after the end and before this.
      return this.#queue.length > 0 ? this.#pump() : undefined;
    });
    return this.#pumping;
  }

  async #writeQueue(): Promise<void> {
    try {
      while (this.#queue.length > 0) {
        const parts = this.#queue.splice(0, this.#nextCount());
        await this.#append(parts.map(({ bytes }) => bytes));
        for (const { bytes, recycle } of parts) {
          this.#queued -= bytes.byteLength;
          recycle?.(bytes);
        }
        if (this.#queued < HIGH_WATER_BYTES / 2) this.#room();
        if (this.#written - this.#safe >= SYNC_BYTES) this.#syncing ??= this.#sync();
      }
    } catch (error) {
      this.#failure = { error };
      this.#forget();
    }
  }

  /** Gives back what is not written yet. */
  #forget(): void {
    for (const { bytes, recycle } of this.#queue) recycle?.(bytes);
    this.#queue = [];
    this.#queued = 0;
  }

  /** Counts the parts of the queue that the next write takes. */
  #nextCount(): number {
    let bytes = 0;
    const count = this.#queue.findIndex((part) => (bytes += part.bytes.byteLength) > WRITE_LIMITS.bytes);
    return Math.min(WRITE_LIMITS.parts, count < 0 ? this.#queue.length : Math.max(1, count));
  }

  /** Makes safe what was written, while more is written; little is left to do at the end. */
  async #sync(): Promise<void> {
    const progress = this.#written;
    try {
      await this.#file.sync();
      await this.#steps.advance(progress);
      this.#safe = progress;
    } catch (error) {
      this.#failure ??= { error: explainFile(this.#target.label, error) };
    } finally {
      this.#syncing = undefined;
    }
  }

  get #isBusy(): boolean {
    return this.#pumping !== undefined || this.#syncing !== undefined;
  }

  /** Resolves when nothing is being written or synced. */
  async #idle(): Promise<void> {
    while (this.#isBusy) {
      await this.#pumping;
      await this.#syncing;
    }
  }

  async #append(buffers: Uint8Array<ArrayBuffer>[]): Promise<void> {
    let rest = buffers;
    for (let tries = 0; rest.length > 0; ) {
      try {
        const wrote = this.#file.write(rest, this.#written);
        const count = typeof wrote === 'number' ? wrote : await wrote;
        this.#written += count;
        rest = without(rest, count);
      } catch (error) {
        const again =
          isFullDisk(error) && tries++ < FULL_DISK_TRIES && (await this.#steps.makeRoom(sumOf(rest)));
        if (!again) throw explainFile(this.#target.label, error);
      }
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ended) throw new Error('a reservation was used after its end');
  }
}

/** Takes what is left of `buffers` behind their first `count` bytes. */
function without(buffers: Uint8Array<ArrayBuffer>[], count: number): Uint8Array<ArrayBuffer>[] {
  let skip = count;
  const rest: Uint8Array<ArrayBuffer>[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.byteLength) rest.push(skip === 0 ? buffer : buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.byteLength);
  }
  return rest;
}

function sumOf(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
