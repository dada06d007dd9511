import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainSystemError } from '../core/system-error.ts';
import { type ManifestLine, readLine, writeLine } from './manifest-line.ts';
import { isAlive, ownerOf, ownName, type ProcessOwner } from './process-owner.ts';
import type { ResultFolder } from './result-folder.ts';

/** Pause between two signs of life of who writes a part, milliseconds. */
const SIGN_MS = 60_000;

/** Head of a part of the manifest: who writes it, of what list of samples. */
export interface PartHead {
  /** Time at which it was begun, milliseconds since 1970: of two lines on one sample that of the later part counts. */
  readonly at: number;
  /** Digest of the ids and sizes of all samples. */
  readonly list: string;
  /** Share that is made, as `2/8`. @defaultValue all */
  readonly shard?: string | undefined;
}

/** Part of the manifest as it was read. */
export interface ReadPart {
  readonly name: string;
  readonly owner: ProcessOwner | undefined;
  readonly head: PartHead | undefined;
  readonly lines: readonly ManifestLine[];
  /** True when its owner came to the end of its work. */
  readonly isEnded: boolean;
  /** True when nobody will write to it any more. */
  readonly isClosed: boolean;
}

/** Part of the manifest that this process writes: a line for each sample that is done with, whole lines at a time. */
export class ManifestPart implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #timer: NodeJS.Timeout;
  readonly #path: string;
  #tail: Promise<void> = Promise.resolve();
  #isOpen = true;

  private constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
    this.#timer = setInterval(() => {
      const now = new Date();
      handle.utimes(now, now).catch(() => undefined);
    }, SIGN_MS);
    this.#timer.unref();
  }

  /** Begins a part. */
  static async open(folder: ResultFolder, head: PartHead): Promise<ManifestPart> {
    await folder.makeState();
    const path = join(folder.partsFolder, ownName('.jsonl'));
    const part = new ManifestPart(await open(path, 'ax'), path);
    await part.#write(`${JSON.stringify({ part: 1, ...head })}\n`);
    return part;
  }

  /** Appends lines; all of them are there once it resolves. */
  append(lines: readonly ManifestLine[]): Promise<void> {
    return this.#write(lines.map((line) => `${writeLine(line)}\n`).join(''));
  }

  /** Says that the work is at its end, and closes the part. */
  async end(): Promise<void> {
    await this.#write(`${JSON.stringify({ end: true })}\n`);
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearInterval(this.#timer);
    await this.#tail.catch(() => undefined);
    await this.#handle.close();
  }

  /** Writes a text by one call, one after the other: a kill leaves at most one torn line, the last. */
  #write(text: string): Promise<void> {
    const written = this.#tail.then(async () => {
      const bytes = Buffer.from(text);
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done)).bytesWritten;
      }
    });
    this.#tail = written.catch(() => undefined);
    return written.catch((error: unknown) => {
      throw explainSystemError(error, { verb: 'write', file: this.#path, option: 'directory' }) ?? error;
    });
  }
}

/** Reads all parts of a manifest, in the order in which they were begun. */
export async function readParts(folder: ResultFolder): Promise<readonly ReadPart[]> {
  const names = (await readdir(folder.partsFolder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  const parts: ReadPart[] = [];
  for (const name of names) {
    const part = await readPart(join(folder.partsFolder, name), name);
    // One that goes away while it is looked for is in the manifest.
    if (part !== undefined) parts.push(part);
  }
  return parts.sort((a, b) => (a.head?.at ?? 0) - (b.head?.at ?? 0) || (a.name < b.name ? -1 : 1));
}

async function readPart(path: string, name: string): Promise<ReadPart | undefined> {
  let signMs: number;
  let text: string;
  const owner = ownerOf(name);
  // First: who has died since may have written more.
  let isClosed: boolean;
  try {
    signMs = (await stat(path)).mtimeMs;
    isClosed = owner === undefined || !isAlive(owner, signMs);
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  // What stands behind the last end of a line is torn.
  const texts = text.split('\n').slice(0, -1);
  const [first = '', ...rest] = texts;
  const head = readHead(first);
  const isEnded = rest.at(-1) === '{"end":true}';
  return {
    name,
    owner,
    head,
    lines: (head === undefined ? texts : rest).flatMap((line) => readLine(line) ?? []),
    isEnded,
    isClosed: isEnded || isClosed,
  };
}

function readHead(text: string): PartHead | undefined {
  try {
    const { part, at, list, shard } = JSON.parse(text) as Record<string, unknown>;
    if (part !== 1 || typeof at !== 'number' || typeof list !== 'string') return undefined;
    return { at, list, shard: typeof shard === 'string' ? shard : undefined };
  } catch {
    return undefined;
  }
}
