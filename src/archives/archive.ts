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

/** Files of an archive, whose paths in it may be tens of thousands. */
export interface Members {
  /** Finds the file of a path in the archive. */
  get(path: string): Found | undefined;
  paths(): Iterable<string>;
  /** Lists all as files of the source. */
  entries(signal: AbortSignal): Promise<readonly FileEntry[]>;
}

/** Archive whose members are known. */
export interface Archive {
  readonly members: Members;
  readonly leftOut: readonly LeftOutMember[];
}
