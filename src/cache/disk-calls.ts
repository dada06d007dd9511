import fs from 'node:fs';
import { promisify } from 'node:util';
import type { DiskKind } from './disk-kind.ts';

/** Longest time that a call may take on the calling thread without being sent to another one the next times, milliseconds. */
const QUICK_MS = 0.2;

/** Number of calls that go to another thread after one that took longer. */
const CALLS_ELSEWHERE = 64;

/** Most bytes that are written on the calling thread, where that takes no longer than to copy them. */
const COPIED_BYTES = 256 * 1024;

type Done<Result> = (error: NodeJS.ErrnoException | null, result: Result) => void;

// Looked up when called, so that tests can count the calls.
const open = promisify((path: string, flags: number, mode: number, done: Done<number>) =>
  fs.open(path, flags, mode, done),
);
const write = promisify((fd: number, buffers: readonly Uint8Array[], position: number, done: Done<number>) =>
  fs.writev(fd, buffers, position, done),
);

/**
 * System calls that every small file takes, on the thread on which they cost least. A trip to another thread and
 * back takes more processor time than to make a file or to rename it, as long as the disk is not waited for: what took
 * long goes there for a while.
 */
export class DiskCalls {
  readonly #kind: DiskKind;
  readonly #elsewhere = { open: 0, rename: 0 };

  /** @param kind - of the disk that all of them go to */
  constructor(kind: DiskKind) {
    this.#kind = kind;
  }

  open(path: string, flags: number, mode: number): number | Promise<number> {
    return this.#here('open')
      ? this.#timed('open', () => fs.openSync(path, flags, mode))
      : open(path, flags, mode);
  }

  rename(from: string, to: string): void | Promise<void> {
    return this.#here('rename')
      ? this.#timed('rename', () => fs.renameSync(from, to))
      : fs.promises.rename(from, to);
  }

  /** Writes at `position`; @returns how many bytes it wrote. */
  write(fd: number, buffers: readonly Uint8Array[], position: number): number | Promise<number> {
    let bytes = 0;
    for (const { byteLength } of buffers) bytes += byteLength;
    const isCopied = this.#kind === 'memory' && bytes <= COPIED_BYTES;
    return isCopied ? fs.writevSync(fd, buffers, position) : write(fd, buffers, position);
  }

  #here(call: 'open' | 'rename'): boolean {
    if (this.#kind === 'network') return false;
    if (this.#elsewhere[call] === 0) return true;
    this.#elsewhere[call]--;
    return false;
  }

  #timed<Result>(call: 'open' | 'rename', run: () => Result): Result {
    const start = performance.now();
    try {
      return run();
    } finally {
      if (performance.now() - start > QUICK_MS) this.#elsewhere[call] = CALLS_ELSEWHERE;
    }
  }
}
