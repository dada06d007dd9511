import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainSystemError } from '../core/system-error.ts';

/**
 * Writes a file that appears under its name only when it is complete. A link that has the name stays, and what it leads to
 * is replaced.
 */
export async function writeWholeFile(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const target = await realpath(path).catch(() => path);
  // Short and hidden, whatever the name is that it gets.
  const temporary = join(dirname(target), `.vascusim-${randomUUID()}.part`);
  const explain = (error: unknown): unknown =>
    explainSystemError(error, { verb: 'write', file: path, option: 'path' }) ?? error;
  const handle = await open(temporary, 'wx').catch((error: unknown) => {
    throw explain(error);
  });
  try {
    try {
      for await (const part of parts) {
        signal?.throwIfAborted();
        for (let done = 0; done < part.length; ) {
          done += (await handle.write(part, done)).bytesWritten;
        }
      }
      await handle.sync();
      signal?.throwIfAborted();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw explain(error);
  }
}
