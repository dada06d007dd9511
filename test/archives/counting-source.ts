import { NetworkError } from '../../src/core/errors.ts';
import type { FileEntry, Source } from '../../src/core/source.ts';
import { MemorySource } from '../streamers/memory-source.ts';

/** Files in memory, whose bodies come in small chunks on demand, with the bytes that were really taken. */
export class CountingSource extends MemorySource {
  /** Bytes that readers took. */
  taken = 0;
  /** Bytes of one body after which it breaks; undefined for never. */
  breakAfter: number | undefined;
  chunkBytes = 16 * 1024;

  override async open(path: string, options: Parameters<Source['open']>[1] = {}): ReturnType<Source['open']> {
    options.signal?.throwIfAborted();
    const { range, ifVersion } = options;
    const file = await super.open(path, {
      ...(range === undefined ? {} : { range }),
      ...(ifVersion === undefined ? {} : { ifVersion }),
    });
    const bytes = new Uint8Array(await new Response(file.body).arrayBuffer());
    let at = 0;
    const limit = this.breakAfter;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: (controller) => {
          if (options.signal?.aborted === true) controller.error(options.signal.reason);
          else if (limit !== undefined && at >= limit)
            controller.error(new NetworkError('The line was cut.'));
          else if (at === bytes.length) controller.close();
          else {
            const chunk = bytes.slice(at, at + this.chunkBytes);
            at += chunk.length;
            this.taken += chunk.length;
            controller.enqueue(chunk);
          }
        },
      },
      { highWaterMark: 0 },
    );
    return { ...file, body };
  }
}

/** Bytes of a file of a source, or of a range of it. */
export async function readAll(
  source: Source,
  path: string,
  options: Parameters<Source['open']>[1] = {},
): Promise<Buffer> {
  return Buffer.from(await new Response((await source.open(path, options)).body).arrayBuffer());
}

export async function listAll(source: Source, prefix = ''): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix })) entries.push(entry);
  return entries;
}

/** Bytes that look like a mesh: some deflate well, some not at all. */
export function meshLike(bytes: number, seed = 1): Buffer {
  const content = Buffer.alloc(bytes);
  let state = seed;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    content.writeFloatLE(Math.sin(at / 900) * 1000 + (state >>> 20) / 4096, at);
  }
  return content;
}
