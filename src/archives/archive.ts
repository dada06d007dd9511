import type { VascuError } from '../core/errors.ts';
import type { FileEntry } from '../core/source.ts';
import type { ByteSpace } from './byte-space.ts';
import type { PassedOver } from './member-name.ts';

/** File that can be read, or what keeps it from that. */
export interface Found {
  readonly entry: FileEntry;
  space(): ByteSpace;
  readonly fault?: VascuError | undefined;
}

/** Member that is passed over. */
export interface LeftOutMember {
  readonly path: string;
  readonly reason: PassedOver;
}

/** Archive whose members are known. */
export interface Archive {
  /** Members by their paths in the archive. */
  readonly members: ReadonlyMap<string, Found>;
  readonly leftOut: readonly LeftOutMember[];
}
