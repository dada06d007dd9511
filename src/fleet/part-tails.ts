import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ManifestLine, readLine } from './manifest-line.ts';
import type { ResultFolder } from './result-folder.ts';

/** Bytes that are read of a part at a time. */
const READ_BYTES = 1024 * 1024;

/** Part as far as it was read. */
interface Tail {
  /** Byte behind the last whole line. */
  offset: number;
}

/** Lines that come to the parts of a manifest, as they come: each is read once, whoever writes it. */
export class PartTails {
  readonly #folder: ResultFolder;
  readonly #tails = new Map<string, Tail>();
  #isGone = false;

  constructor(folder: ResultFolder) {
    this.#folder = folder;
  }

  /** Tells whether a part went away since the last question: what it held is in the manifest. */
  takeGone(): boolean {
    const isGone = this.#isGone;
    this.#isGone = false;
    return isGone;
  }

  /** Reads the lines that have come since the last call; of the first one all that are there. */
  async read(): Promise<readonly ManifestLine[]> {
    const names = (await readdir(this.#folder.partsFolder).catch(() => [])).filter((name) =>
      name.endsWith('.jsonl'),
    );
    const lines: ManifestLine[] = [];
    const there = new Set(names);
    for (const name of this.#tails.keys()) {
      if (there.has(name)) continue;
      this.#tails.delete(name);
      this.#isGone = true;
    }
    for (const name of names.sort()) {
      let tail = this.#tails.get(name);
      if (tail === undefined) {
        tail = { offset: 0 };
        this.#tails.set(name, tail);
      }
      await readTail(join(this.#folder.partsFolder, name), tail, lines);
    }
    return lines;
  }
}

async function readTail(path: string, tail: Tail, lines: ManifestLine[]): Promise<void> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size <= tail.offset) return;
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    let rest = Buffer.alloc(0);
    for (;;) {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, tail.offset + rest.length);
      if (bytesRead === 0) return;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = rest.lastIndexOf(0x0a) + 1;
      for (const text of rest.toString('utf8', 0, end).split('\n')) {
        const line = text === '' ? undefined : readLine(text);
        if (line !== undefined) lines.push(line);
      }
      tail.offset += end;
      rest = rest.subarray(end);
    }
  } catch (error) {
    // Merged meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await handle?.close();
  }
}
