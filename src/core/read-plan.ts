import type { ParsedHeader, RandomAccess } from './mesh.ts';
import type { ByteRange } from './source.ts';

/** A part of a file that is fetched whole or not at all. */
export interface Stretch extends ByteRange {
  /** True when the read that was planned touches it. */
  readonly wanted: boolean;
  /** Mesh in it; present where it holds arrays of the mesh, its points and cells, and nothing else. */
  readonly mesh?: MeshBytes | undefined;
}

/** Facts that a header tells of a stretch that holds the mesh. */
interface MeshBytes {
  /**
   * Text of all that the header says of these arrays but where they lie: encoding, counts, types, ranges of values,
   * bytes. Of files with the same mesh it is the same.
   */
  readonly identity: string;
  /**
   * Ranges of those of its arrays by which meshes differ, points and connectivity, ascending; as far as they lie in it.
   */
  readonly arrays: readonly ByteRange[];
  /** True when they begin with a table of their compressed blocks. */
  readonly hasTables: boolean;
}

/** Bytes of a file that a read touches, besides those from which the plan was made. */
export interface ReadPlan {
  /**
   * Stretches, ascending, from the first byte of data to the end of the file, without holes. They follow from the file
   * alone, so that different wishes have their parts in common.
   */
  readonly stretches: readonly Stretch[];
  /** Header of the file as it was read for the plan: saves reading it again. @defaultValue none */
  readonly parsed?: ParsedHeader | undefined;
  /**
   * Error that a read of the file is sure to end with, such as that it has not what is wanted: nothing more of it is
   * fetched. @defaultValue none is known
   */
  readonly refusal?: Error | undefined;
}

/** Reason why a file is fetched whole though only a part of it is wanted. */
export type WholeReason =
  /** Data that stand between the tags, so that nothing but reading tells where an array is. */
  | 'inline'
  /** Head that is none of a file whose parts can be told. */
  | 'unplannable'
  /** Source that gives no parts of files. */
  | 'noRanges'
  /** Cost: to fetch all of it takes no longer than to fetch what is wanted. */
  | 'cheaper'
  /** Share that is there, or wanted: nearly all of it. */
  | 'nearlyWhole';

/**
 * Function that plans a read. It may read anywhere in `file`, of which the head comes first, and pages behind it one by one;
 * what a read of it rejects with must come through.
 */
export type ReadPlanner = (
  file: RandomAccess,
  signal: AbortSignal,
) => Promise<ReadPlan | Extract<WholeReason, 'inline' | 'unplannable'>>;
