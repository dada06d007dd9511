import type { RandomAccess } from '../core/mesh.ts';

/** Bytes in front of the header of a safetensors file: its length. */
const PREFIX_BYTES = 8;

/** Largest header that is read. */
const MAX_HEADER_BYTES = 1024 ** 2;

/** Reads the texts of a safetensors file without its tensors; none of a file that is no such. */
export async function readSafetensorsMetadata(
  file: RandomAccess,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (file.size < PREFIX_BYTES) return {};
  const prefix = await file.read(0, PREFIX_BYTES, signal);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true));
  if (length > Math.min(MAX_HEADER_BYTES, file.size - PREFIX_BYTES)) return {};
  try {
    const text = new TextDecoder().decode(await file.read(PREFIX_BYTES, length, signal));
    const header = JSON.parse(text) as { readonly __metadata__?: Record<string, string> } | null;
    return header?.__metadata__ ?? {};
  } catch {
    signal?.throwIfAborted();
    return {};
  }
}
