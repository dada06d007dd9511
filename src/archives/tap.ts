import type { Body } from '../core/exact-body.ts';
import type { ByteRange } from '../core/source.ts';

/** Range of a stream that somebody reads while it is inflated: a body that takes one chunk at a time. */
export class Tap {
  readonly range: ByteRange;
  /** Place up to which the stream is inflated before the body ends: of bytes behind the range the checksum is known. */
  readonly checkedEnd: number;
  readonly body: Body;
  /** Promise that resolves when the first byte, or the end, is there, and rejects where it fails before. */
  readonly ready: Promise<void>;
  readonly #markReady: () => void;
  readonly #failReady: (error: unknown) => void;
  readonly #onEnd: (tap: Tap) => void;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  /** Function that lets whoever waits for the reader go on. */
  #wake: (() => void) | undefined;
  #isPulled = false;
  #pulled: (() => void) | undefined;
  #isOver = false;

  /** @param onEnd - called once when the body has ended, failed, or is read no more */
  constructor(range: ByteRange, checkedEnd: number, onEnd: (tap: Tap) => void) {
    this.range = range;
    this.checkedEnd = checkedEnd;
    this.#onEnd = onEnd;
    let [markReady, failReady]: [() => void, (error: unknown) => void] = [() => undefined, () => undefined];
    this.ready = new Promise((resolve, reject) => {
      [markReady, failReady] = [resolve, reject];
    });
    this.#markReady = markReady;
    this.#failReady = failReady;
    this.ready.catch(() => undefined);
    this.body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () =>
          new Promise((resolvePull) => {
            this.#isPulled = true;
            this.#pulled = resolvePull;
            this.#wake?.();
          }),
        cancel: () => this.leave(),
      },
      { highWaterMark: 0 },
    );
  }

  /** True when nobody reads any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Gives a chunk when the reader asks for one; resolves then, or when there is no reader any more. */
  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#markReady();
    if (!this.#isPulled && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isOver) return;
    this.#controller?.enqueue(chunk);
    this.#answerPull();
  }

  /** Ends the body: all bytes were given. */
  finish(): void {
    if (this.#isOver) return;
    this.#controller?.close();
    this.#markReady();
    this.#end();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failReady(error);
    this.#controller?.error(error);
    this.#end();
  }

  /** Notes that the reader reads no more. */
  leave(): void {
    if (this.#isOver) return;
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#wake?.();
    this.#answerPull();
    this.#onEnd(this);
  }

  #answerPull(): void {
    this.#isPulled = false;
    this.#pulled?.();
    this.#pulled = undefined;
  }
}
