import { isVascuError } from '../core/errors.ts';
import { emptyBody } from '../core/exact-body.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { ByteSpace, OpenedBytes } from './byte-space.ts';
import { InflatePass } from './inflate-pass.ts';
import type { Deflated } from './inflate-stream.ts';
import type { PassLot } from './pass-lot.ts';
import { POINT_SPACING_BYTES } from './restart-points.ts';
import type { RestartPoint } from './restart-state.ts';
import { Tap } from './tap.ts';

/** Bytes that deflated data unpack to. Ranges that are asked for at once, or ascending, are one pass. */
export class InflatedSpace implements ByteSpace {
  readonly path: string;
  readonly size: number;
  readonly version: string;
  readonly packedSize: number;
  readonly #data: Deflated;
  readonly #lot: PassLot;
  readonly #passes = new Set<InflatePass>();
  readonly #homes = new Map<Tap, InflatePass>();

  constructor({ path, size, version }: FileEntry, data: Deflated, lot: PassLot) {
    this.path = path;
    this.size = size;
    this.version = version;
    this.packedSize = data.packedSize;
    this.#data = data;
    this.#lot = lot;
  }

  async open(range: ByteRange, signal: AbortSignal): Promise<OpenedBytes> {
    // Of an empty file the checksum is looked at.
    if (range.start === range.end && this.size > 0) return { body: emptyBody() };
    const checkedEnd = await this.#checkedEnd(range, signal);
    const abort = (): void => tap.fail(signal.reason);
    const tap: Tap = new Tap(range, checkedEnd, () => {
      signal.removeEventListener('abort', abort);
      this.#homes.get(tap)?.remove(tap);
      this.#homes.delete(tap);
    });
    signal.addEventListener('abort', abort, { once: true });
    try {
      await this.#attach(tap, signal);
      await tap.ready;
    } catch (error) {
      tap.leave();
      throw error;
    }
    return { body: tap.body, recycle: (chunk) => this.#lot.recycle(chunk) };
  }

  /** Joins a pass that is on its way to the range, else begins one at the nearest restart point. */
  async #attach(tap: Tap, signal: AbortSignal): Promise<void> {
    const { start } = tap.range;
    const point = await this.#data.points.before(start, signal);
    signal.throwIfAborted();
    // Its reader may have gone while points were looked for.
    if (tap.isOver) return;
    const nearest = point?.output ?? 0;
    let pass = [...this.#passes]
      .filter(({ reach, position, isHeldUp }) => !isHeldUp && reach <= start && position >= nearest)
      .sort((a, b) => b.position - a.position)[0];
    if (pass === undefined) {
      try {
        pass = this.#begin(point);
      } catch (error) {
        if (point === undefined || !isVascuError(error, 'FORMAT')) throw error;
        // Of a point that cannot be gone on from others may come as well.
        await this.#data.points.distrust(this.#data.size ?? point.output);
        return this.#attach(tap, signal);
      }
    }
    this.#homes.set(tap, pass);
    pass.add(tap);
  }

  #begin(point: RestartPoint | undefined): InflatePass {
    const heldUp = (taps: readonly Tap[]): void => {
      for (const tap of taps) this.#attach(tap, this.#lot.signal).catch((error: unknown) => tap.fail(error));
    };
    const ended = (pass: InflatePass): void => void this.#passes.delete(pass);
    const pass = new InflatePass(this.#data, point, this.#lot, heldUp, ended);
    this.#passes.add(pass);
    return pass;
  }

  /** Finds the place behind a range up to which the checksum is known. */
  async #checkedEnd({ start, end }: ByteRange, signal: AbortSignal): Promise<number> {
    const { points, size } = this.#data;
    if (size === undefined) return end;
    const behind = await points.after(end, signal);
    if (behind !== undefined) return behind.output;
    const isLastPiece = Math.floor(end / POINT_SPACING_BYTES) === Math.floor(size / POINT_SPACING_BYTES);
    const isKnown = isLastPiece && (await points.before(start, signal)) !== undefined;
    return isKnown ? size : end;
  }
}
