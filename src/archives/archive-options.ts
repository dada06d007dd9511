import type { Keeper } from '../core/keeper.ts';

/** Options of `withArchives`. */
export interface ArchiveOptions {
  /**
   * Archives that are folders: all, or those whose paths match a pattern (as `compileGlob` reads it); the same goes for
   * files that are packed (`.gz`) or cut (`.00.part`), by this path or that of the file that they are. @defaultValue true
   */
  readonly archives?: boolean | string | readonly string[] | undefined;
  /**
   * Factor by which a member may be larger than its packed bytes, with 64 MiB more; what is larger is taken for a bomb.
   * @defaultValue 256
   */
  readonly maxExpansion?: number | undefined;
  /** Keeper of directories of archives and places to go on from. @defaultValue 32 MiB of memory */
  readonly keeper?: Keeper | undefined;
}

/** Counts of what reading archives of a source did. */
export interface ArchiveStats {
  /** Archives that were listed. */
  readonly opened: number;
  /** Bytes of their directories. */
  readonly directoryBytes: number;
  /** Bytes that deflated members gave. */
  readonly inflatedBytes: number;
  /** Passes that began at a restart point. */
  readonly restarts: number;
}
