import type { VascuError } from '../core/errors.ts';
import type { FileEntry } from '../core/source.ts';
import type { ByteSpace } from './byte-space.ts';
import type { LeftOutMember } from './zip-directory.ts';

/** File that can be read, or what keeps it from that. */
export interface Found {
  readonly entry: FileEntry;
  space(): ByteSpace;
  readonly fault?: VascuError | undefined;
}

/** Archive whose members are known. */
export interface Archive {
  /** Version of its file when it was listed. */
  readonly version: string;
  /** Members by their paths in the archive. */
  readonly members: ReadonlyMap<string, Found>;
  readonly leftOut: readonly LeftOutMember[];
}
