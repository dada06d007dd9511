import type { ParsedHeader, RandomAccess } from './mesh.ts';
import type { ByteRange } from './source.ts';

/** A part of a file that is fetched whole or not at all. */
export interface Stretch extends ByteRange {
  /** Whether the read that was planned touches it. */
  readonly wanted: boolean;
  /** Present where it holds arrays of the mesh, its points and cells, and nothing else. */
  readonly mesh?: MeshBytes | undefined;
}

/** What a header tells of a stretch that holds the mesh. */
interface MeshBytes {
  /**
   * All that the header says of these arrays but where they lie: encoding, counts, types, ranges of values, bytes. Of
   * files with the same mesh it is the same.
   */
  readonly identity: string;
  /** Those of its arrays by which meshes differ, points and connectivity, ascending; as far as they lie in it. */
  readonly arrays: readonly ByteRange[];
  /** Whether they begin with a table of their compressed blocks. */
  readonly hasTables: boolean;
}

/** Which bytes of a file a read touches, besides those from which the plan was made. */
export interface ReadPlan {
  /**
   * Ascending, from the first byte of data to the end of the file, without holes. They follow from the file alone, so
   * that different wishes have their parts in common.
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

/** Why a file is fetched whole though only a part of it is wanted. */
export type WholeReason =
  /** Its data stand between the tags, so that nothing but reading tells where an array is. */
  | 'inline'
  /** Its head is no head of a file whose parts can be told. */
  | 'unplannable'
  /** The source gives no parts of files. */
  | 'noRanges'
  /** To fetch all of it takes no longer than to fetch what is wanted. */
  | 'cheaper'
  /** Nearly all of it is there, or wanted. */
  | 'nearlyWhole';

/**
 * Plans a read. It may read anywhere in `file`, of which the head comes first, and pages behind it one by one; what a read
 * of it rejects with must come through.
 */
export type ReadPlanner = (
  file: RandomAccess,
  signal: AbortSignal,
) => Promise<ReadPlan | Extract<WholeReason, 'inline' | 'unplannable'>>;
