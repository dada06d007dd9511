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

/** Keeps what was read of an archive while the program goes on; the end of the source waits for it. */
export function keepLater(
  { keeper, lot }: ArchiveTools,
  path: string,
  version: string,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  // What cannot be kept is read again.
  lot.track(keeper.keep(path, version, bytes).catch(() => undefined));
}
