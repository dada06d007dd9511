import { linkSignals } from '../core/abort.ts';
import { IntegrityError, UnsupportedError } from '../core/errors.ts';
import { type Body, emptyBody, exactBody } from '../core/exact-body.ts';
import { nameFile } from '../core/name-file.ts';
import { withRetry } from '../core/retry.ts';
import type { ByteRange, FileEntry, Source, SourceFile } from '../core/source.ts';

/** Bytes of a range as they come. */
export interface OpenedBytes extends Pick<SourceFile, 'fromStart' | 'host' | 'recycle' | 'resumable'> {
  /** Exactly these bytes, or it fails. */
  readonly body: Body;
}

/** Bytes that are read by ranges: of a file of the source, of a member of an archive, of volumes one behind the other. */
export interface ByteSpace {
  /** Path of it in the source, for messages and keepers. */
  readonly path: string;
  readonly size: number;
  /** Version of the bytes: it changes whenever they do. */
  readonly version: string;
  /** Bytes that travel for all of them, where they come out of something packed. */
  readonly packedSize?: number | undefined;
  open(range: ByteRange, signal: AbortSignal): Promise<OpenedBytes>;
}

/** Bytes of a file of the source. */
export class FileSpace implements ByteSpace {
  readonly path: string;
  readonly size: number;
  readonly version: string;
  readonly #source: Source;

  constructor(source: Source, { path, size, version }: FileEntry) {
    this.#source = source;
    this.path = path;
    this.size = size;
    this.version = version;
  }

  async open(range: ByteRange, signal: AbortSignal): Promise<OpenedBytes> {
    if (range.start === range.end) return { body: emptyBody() };
    const file = await this.#source.open(this.path, { range, ifVersion: this.version, signal });
    const label = nameFile(this.#source.id, this.path);
    if (file.fromStart === true && range.start > 0) {
      await file.body.cancel().catch(() => undefined);
      throw new UnsupportedError(
        'range',
        `${label}: its server sends all of it where a part is asked for, once for each part that is read. Download the archive and read it from this machine.`,
      );
    }
    if (file.size !== this.size) {
      await file.body.cancel().catch(() => undefined);
      throw new IntegrityError(
        `${label} has ${file.size} bytes where ${this.size} were announced.`,
        String(this.size),
        String(file.size),
      );
    }
    const { fromStart, host, recycle, resumable } = file;
    const body = exactBody(file.body, { length: range.end - range.start, label });
    return { body, fromStart, host, recycle, resumable };
  }
}

/** Bytes of volumes one behind the other. */
export class JoinedSpace implements ByteSpace {
  readonly path: string;
  readonly size: number;
  readonly version: string;
  readonly #volumes: readonly ByteSpace[];

  constructor({ path, size, version }: FileEntry, volumes: readonly ByteSpace[]) {
    this.path = path;
    this.size = size;
    this.version = version;
    this.#volumes = volumes;
  }

  async open(range: ByteRange, signal: AbortSignal): Promise<OpenedBytes> {
    const pieces = this.#piecesOf(range);
    const [first, ...rest] = pieces;
    if (first === undefined) return { body: emptyBody() };
    const opened = await first.volume.open(first.range, signal);
    if (rest.length === 0) return opened;
    const joined = async function* (lines: Lines): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
      yield* lines.read(opened.body);
      for (const { volume, range: part } of rest) yield* lines.open(volume, part);
    };
    return { ...opened, recycle: undefined, body: toBody(opened.body, signal, joined) };
  }

  #piecesOf({ start, end }: ByteRange): { readonly volume: ByteSpace; readonly range: ByteRange }[] {
    let at = 0;
    return this.#volumes.flatMap((volume) => {
      const before = at;
      at += volume.size;
      const range = { start: Math.max(0, start - before), end: Math.min(volume.size, end - before) };
      return range.start < range.end ? [{ volume, range }] : [];
    });
  }
}

/** Part of other bytes. */
export class SliceSpace implements ByteSpace {
  readonly path: string;
  readonly size: number;
  readonly version: string;
  readonly packedSize: number | undefined;
  readonly #whole: ByteSpace;
  readonly #offset: number;

  constructor(whole: ByteSpace, offset: number, { path, size, version, packedSize }: FileEntry) {
    this.path = path;
    this.size = size;
    this.version = version;
    this.packedSize = packedSize;
    this.#whole = whole;
    this.#offset = offset;
  }

  open({ start, end }: ByteRange, signal: AbortSignal): Promise<OpenedBytes> {
    return this.#whole.open({ start: this.#offset + start, end: this.#offset + end }, signal);
  }
}

/** Bodies that another one is made of, one after the other: the one under way ends with it. */
export class Lines {
  readonly #abort = new AbortController();
  readonly #linked: ReturnType<typeof linkSignals>;
  #body: Body | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;

  constructor(first: Body, signal: AbortSignal) {
    this.#body = first;
    this.#linked = linkSignals(signal, this.#abort.signal);
  }

  /** Gives the chunks of a body. */
  async *read(body: Body): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    this.#body = undefined;
    const reader = body.getReader();
    this.#reader = reader;
    for (;;) {
      const { done, value } = await reader.read();
      // A body that is cancelled while it is read ends as if that were all of it.
      this.#abort.signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  }

  /** Opens a range and gives its chunks. */
  async *open(space: ByteSpace, range: ByteRange): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    yield* this.read((await space.open(range, this.#linked.signal)).body);
  }

  /** Ends the body under way, and what is being opened. */
  async cancel(reason: unknown): Promise<void> {
    this.#abort.abort(reason);
    this.end();
    await (this.#reader ?? this.#body)?.cancel(reason);
  }

  end(): void {
    this.#linked.unlink();
  }
}

/**
 * Makes a body of what is generated of others, asked for chunk by chunk.
 *
 * @param first - the one that is open already
 */
export function toBody(
  first: Body,
  signal: AbortSignal,
  generate: (lines: Lines) => AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
): Body {
  const lines = new Lines(first, signal);
  const chunks = generate(lines);
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done !== true) return controller.enqueue(value);
          lines.end();
          controller.close();
        } catch (error) {
          await lines.cancel(error).catch(() => undefined);
          throw error;
        }
      },
      cancel: (reason) => lines.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Reads a range into memory; what breaks is tried again. */
export function readBytes(
  space: ByteSpace,
  range: ByteRange,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  return withRetry(
    async () => {
      const { body } = await space.open(range, signal);
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of body) {
        chunks.push(chunk);
        length += chunk.length;
      }
      const bytes = new Uint8Array(length);
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      return bytes;
    },
    { signal },
  );
}
