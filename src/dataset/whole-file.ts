import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Writes a file that appears under its name only when it is complete. */
export async function writeWholeFile(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const temporary = `${path}.${randomUUID()}.part`;
  const handle = await open(temporary, 'wx');
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
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
