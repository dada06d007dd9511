import type { GraphOf } from '../core/graph.ts';
import type { HeldParts } from '../core/held-file.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import type { DecodeInput } from '../decode/decode-input.ts';
import { releaseAll } from '../files/held.ts';

/** Options of {@link SampleFiles.hold}. */
export interface HoldSampleOptions extends ReadOptions {
  /** Listener that is called with the bytes of the sample's files that are here while they come. @defaultValue nothing */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Part of a sample, as it was listed. */
export interface SamplePart {
  readonly name: string;
  readonly path: string;
  /** Files that it is made of: its mesh, then the pieces of this. */
  readonly files: readonly FileEntry[];
  /** Graph that is made of it. @defaultValue that of the dataset */
  readonly graphOf?: GraphOf | undefined;
}

/** Files of samples as they were listed. */
export interface SampleEntries {
  /**
   * Names the files of a sample: its mesh, then its pieces; of a sample of parts those of one after the other.
   *
   * @throws RangeError when there is no such sample
   */
  filesAt(index: number): readonly FileEntry[];
  /** Names the parts of a sample, the first of which is its own graph; undefined where samples have no parts. */
  partsAt(index: number): readonly SamplePart[] | undefined;
  /** Names those of the files that other samples may have, too; undefined where none does. @defaultValue none does */
  sharedAt?(index: number): readonly FileEntry[] | undefined;
  /** Adds up the bytes of the files of a sample. */
  bytesAt(index: number): number;
  /** Finds the bytes of the largest sample of several files; 0 where none has several. */
  mostBytesOfSeveral(): number;
}

/** Files of samples: which they are, and how they come to this machine. */
export interface SampleFiles extends AsyncDisposable {
  /**
   * Names the files of a sample as they were listed: its mesh, then its pieces.
   *
   * @throws RangeError when there is no such sample
   */
  entries(index: number): readonly FileEntry[];
  /** Adds up the bytes of the entries. */
  bytes(index: number): number;
  /** Names those of the entries that other samples may have, too; undefined where none does. @defaultValue none does */
  sharedEntries?(index: number): readonly FileEntry[] | undefined;
  /** Brings what is wanted of a sample's files to this machine and holds it, in the order of the entries. */
  hold(index: number, options?: HoldSampleOptions): Promise<HeldSample>;
  /** Says whether all that is wanted of a sample is on this machine. */
  isCached(index: number, options?: ReadOptions): Promise<boolean>;
  /** Lets go of a sample that is read without its files. Present where these come ahead of their use. */
  skip?(index: number): void;
  /**
   * Notes an order in which samples are going to be used, until what is returned is disposed of: of what samples share
   * only that is removed which none of them needs any more. Present where samples are windows of series.
   */
  follow?(order: Iterable<number>): Disposable;
}

/** Files of a sample that stay on this machine until they are let go. */
export interface HeldSample extends Pick<HeldParts, 'release'>, Disposable {
  /** Files in the order of the entries; none where they turned out not to be needed. */
  readonly files: readonly HeldParts[];
  /** Bytes that came for its sake. @defaultValue those of its files */
  readonly bytes?: number | undefined;
  /** Steps that the sample is made of, and where they lie. @defaultValue undefined: it is of no series */
  readonly steps?: HeldSteps | undefined;
}

/** Steps of a sample of a series, as they lie on this machine. */
type HeldSteps = Pick<DecodeInput, 'parts' | 'window' | 'parsed' | 'lacksParts'>;

/** Takes held files together as those of one sample. */
export function toHeldSample(files: readonly HeldParts[]): HeldSample {
  return { files, ...releaseAll(files) };
}

/** @throws RangeError when `index` is not a whole number in `0 … length − 1` */
export function checkIndex(index: number, length: number): void {
  if (Number.isInteger(index) && index >= 0 && index < length) return;
  const range = length === 0 ? 'the dataset is empty' : `it must be in 0 … ${length - 1}`;
  throw new RangeError(`There is no sample ${index}: ${range}.`);
}

/** Adds up the bytes of files. */
export function bytesOf(entries: readonly FileEntry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}
