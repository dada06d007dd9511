import type { GraphOf } from '../core/graph.ts';
import type { FilePlace } from '../core/held-file.ts';

/** Array of a step: what it is of, its name in the sample, and the one under which it is stored. */
export type StepArray = readonly [on: 'node' | 'cell', name: string, stored: string];

/** Step of a part, as it lies on this machine. */
export interface WindowStep {
  /** Place of its file in `DecodeInput.parts`. */
  readonly file: number;
  /** Position of the step in its series. */
  readonly position: number;
  /** Arrays that have steps. @defaultValue all of the file that are wanted */
  readonly arrays?: readonly StepArray[] | undefined;
  /** Number of the step in VTK's own form. @defaultValue the file has not that form */
  readonly timeStep?: number | undefined;
  /** Place of its arrays as they were kept decoded. @defaultValue they are read of the file */
  readonly kept?: FilePlace | undefined;
  /** Mesh of a step of a file of its own, as it was kept decoded. @defaultValue that of the part */
  readonly keptMesh?: { readonly digest: string; readonly file: FilePlace } | undefined;
}

/** Part of a sample at some steps. */
export interface WindowPart {
  /** Name of the part; undefined for the only graph of a sample without parts. */
  readonly name: string | undefined;
  readonly graphOf: GraphOf;
  /** True where it is the same at all steps. */
  readonly isStatic: boolean;
  /** Names of the arrays that are static, of those that are wanted. @defaultValue all but `stepped` */
  readonly statics?: readonly string[] | undefined;
  /** Names in samples of the arrays that have steps, for messages. @defaultValue none */
  readonly logical?: readonly string[] | undefined;
  /** Names of all arrays of the file that are of some step. @defaultValue none */
  readonly stepped?: ReadonlySet<string> | undefined;
  readonly steps: readonly WindowStep[];
  /** Place of its points, edges and static arrays as they were kept decoded. @defaultValue they are read of the file */
  readonly kept?: FilePlace | undefined;
}

/** Steps that a sample is made of; it survives structured cloning. */
export interface WindowInput {
  /** Text that tells the series, the versions of its files and the options of decoding from others. */
  readonly series: string;
  /** Numbers of the steps. */
  readonly steps: readonly number[];
  /** Times of the steps. @defaultValue the files tell them */
  readonly times?: readonly number[] | undefined;
  readonly parts: readonly WindowPart[];
  /** True where arrays are stacked, `[N, T, …]`; false where the sample is a single step. */
  readonly isStacked: boolean;
  /** True where somebody said that all files of the series have one mesh. */
  readonly sharesMesh: boolean;
  /** Steps of each part that are kept for the windows to come. */
  readonly keptSteps: number;
  /** Bytes of series that are kept, over all threads. */
  readonly maxBytes: number;
  /** True where points, edges and arrays that are decoded are wanted as files, too. */
  readonly keep: boolean;
}

/** File of what was decoded of a series, to be kept: of a mesh, or of a step's arrays. */
export interface KeptPiece {
  /** Place of the part in `WindowInput.parts`. */
  readonly part: number;
  /** Place of the step in the part's `steps`. @defaultValue undefined: points, edges and static arrays of the part */
  readonly step?: number | undefined;
  /** Digest of a mesh that files of one step each have. @defaultValue it is none */
  readonly mesh?: string | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
