import type { RandomAccess } from '../src/core/mesh.ts';

/** A file in memory; reading beyond its end is an error of the reader. */
export function memoryFile(content: string | Uint8Array): RandomAccess {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || offset + length > bytes.length) {
        return Promise.reject(new RangeError(`bytes ${offset} to ${offset + length} of ${bytes.length}`));
      }
      return Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length)));
    },
  };
}
