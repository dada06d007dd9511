import { createHash } from 'node:crypto';
import { IntegrityError, isVascuError } from '../../../src/core/errors.ts';
import { wait } from '../../../src/core/retry.ts';
import type { FileEntry, Source } from '../../../src/core/source.ts';

/** Openings that may fail in a row without a byte between them. */
const TRIES = 5;
/** Downloads of the whole file that may arrive with a wrong digest. */
const WHOLE_TRIES = 3;

/**
 * Downloads a file as the streamers do: after a failure that may pass it goes on at the byte that was reached; a
 * file whose digest is wrong is fetched anew.
 */
export async function fetchFile(source: Source, path: string): Promise<Uint8Array> {
  const entry = await source.stat(path);
  for (let attempt = 1; ; attempt++) {
    const bytes = await fetchOnce(source, entry);
    const actual = digest(bytes, entry);
    if (actual === entry.checksum?.value) return bytes;
    if (attempt === WHOLE_TRIES) {
      throw new IntegrityError(`${path}: wrong digest`, String(entry.checksum?.value), actual);
    }
  }
}

async function fetchOnce(source: Source, entry: FileEntry): Promise<Uint8Array> {
  const bytes = new Uint8Array(entry.size);
  let at = 0;
  for (let failures = 0; ; ) {
    try {
      const range = { start: at, end: entry.size };
      const { body } = await source.open(entry.path, { range, ifVersion: entry.version });
      for await (const chunk of body) {
        bytes.set(chunk, at);
        at += chunk.byteLength;
        failures = 0;
      }
      return bytes;
    } catch (error) {
      if (!isVascuError(error, 'NETWORK') || !error.retryable || ++failures === TRIES) throw error;
      await wait(error.retryAfterMs ?? 1);
    }
  }
}

function digest(bytes: Uint8Array, { checksum, size }: FileEntry): string {
  if (checksum?.algorithm === 'sha256') return createHash('sha256').update(bytes).digest('hex');
  return createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex');
}
