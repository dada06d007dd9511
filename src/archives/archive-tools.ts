import type { Keeper } from '../core/keeper.ts';
import type { PassLot } from './pass-lot.ts';

/** What reading archives of one source shares. */
export interface ArchiveTools {
  readonly keeper: Keeper;
  readonly lot: PassLot;
  /** Bytes that so many packed ones may unpack to. */
  readonly maxBytes: (packedSize: number) => number;
  readonly counts: { opened: number; directoryBytes: number };
}
