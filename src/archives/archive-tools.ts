import { crc32 } from 'node:zlib';
import type { Keeper } from '../core/keeper.ts';
import type { PassLot } from './pass-lot.ts';

/** Parts that all archives of one source share. */
export interface ArchiveTools {
  readonly keeper: Keeper;
  readonly lot: PassLot;
  /** Bytes that so many packed ones may unpack to. */
  readonly maxBytes: (packedSize: number) => number;
  readonly counts: { opened: number; directoryBytes: number };
}

/** Bytes of the checksum before what is kept. */
const CHECKSUM_BYTES = 4;

/** Keeps what was read of an archive, with its checksum, while the program goes on; the end of the source waits for it. */
export function keepLater(
  { keeper, lot }: ArchiveTools,
  path: string,
  version: string,
  ...parts: readonly Uint8Array<ArrayBuffer>[]
): void {
  const kept = new Uint8Array(parts.reduce((length, part) => length + part.length, CHECKSUM_BYTES));
  let at = CHECKSUM_BYTES;
  for (const part of parts) {
    kept.set(part, at);
    at += part.length;
  }
  new DataView(kept.buffer).setUint32(0, crc32(kept.subarray(CHECKSUM_BYTES)), true);
  // What cannot be kept is read again.
  lot.track(keeper.keep(path, version, kept).catch(() => undefined));
}

/** Reads what {@link keepLater} kept; what is not as it was is forgotten, so that it is kept anew. */
export async function recallKept(
  { keeper }: ArchiveTools,
  path: string,
  version: string,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const kept = await keeper.recall(path, version, { signal });
  if (kept === undefined) return undefined;
  const bytes = kept.subarray(CHECKSUM_BYTES);
  const view = new DataView(kept.buffer, kept.byteOffset, kept.byteLength);
  if (kept.length >= CHECKSUM_BYTES && view.getUint32(0, true) === crc32(bytes)) return bytes;
  await keeper.forget(path, version);
  return undefined;
}
