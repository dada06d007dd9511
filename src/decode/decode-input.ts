import type { GhostCounts } from '../core/ghosts.ts';
import type { GraphData, GraphOf, Metadata } from '../core/graph.ts';
import type { FilePlace } from '../core/held-file.ts';
import type { LeftOutArray, ParsedHeader } from '../core/mesh.ts';
import type { Scales } from '../graph/standardize.ts';
import type { TransformModule } from '../graph/transform.ts';
import type { SampleRun } from '../graph/transform-context.ts';
import type { KeptPiece, WindowInput } from './window-input.ts';

/** Mesh of a sample, or of one of its parts, as it lies on this machine. */
export interface DecodePart {
  /** Name of the part; undefined for the only graph of a sample without parts. */
  readonly name: string | undefined;
  /** Path inside the source, for messages. */
  readonly path: string;
  readonly file: FilePlace;
  /** Places of its pieces, by their paths inside the source. */
  readonly pieces: ReadonlyMap<string, FilePlace>;
  /** Graph that is made of it. @defaultValue `'points'` */
  readonly graphOf?: GraphOf | undefined;
}

/** Input for the decoding of one sample to a graph, on any thread: it survives structured cloning. */
export interface DecodeInput {
  readonly id: string;
  /** Path of its first mesh inside the source, for messages. */
  readonly path: string;
  /** Place of the decoded sample as it was kept; undefined where it has to be made of its meshes. */
  readonly kept: FilePlace | undefined;
  /**
   * Meshes of the sample: its own, then those of its other parts; none where it was kept decoded. Of one of several steps
   * the files that it needs, in any order.
   */
  readonly parts: readonly DecodePart[];
  /** Steps of the sample. @defaultValue it is of no series */
  readonly window?: WindowInput | undefined;
  /** True when the sample lacks an optional part, which may have arrays that no other part has. @defaultValue false */
  readonly lacksParts?: boolean | undefined;
  /** True when the decoded sample is wanted as a file, too. */
  readonly keep: boolean;
  /** Bytes of the files that are here as a whole, by where they lie. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Headers that were read before, by the paths of their files inside the source. @defaultValue none */
  readonly parsed?: ReadonlyMap<string, ParsedHeader> | undefined;
  /** Arrays to read; all when undefined. */
  readonly attributes: readonly string[] | undefined;
  readonly normalize: boolean;
  /** Numbers by which arrays are standardized. @defaultValue none */
  readonly standardize?: Scales | undefined;
  readonly metadata: Metadata;
  /** Transforms that are applied to the graph once it is made. */
  readonly transforms: readonly TransformModule[];
  /** Facts of the sample that transforms are told. */
  readonly run: SampleRun;
}

/** Observations on one mesh file that was decoded. */
export interface DecodedMesh {
  /** Path inside the source. */
  readonly path: string;
  /** Arrays that the file has and the graph has not. */
  readonly leftOut: readonly LeftOutArray[];
  /** Counts of what `vtkGhostType` marks in the mesh; absent where there is nothing of it. */
  readonly ghosts?: GhostCounts | undefined;
}

/** A sample, and what it took. */
export interface DecodedSample {
  readonly graph: GraphData;
  /** The graph before `transform`, as a safetensors file. */
  readonly kept?: Uint8Array<ArrayBuffer> | undefined;
  /** True when a `preTransform` took random numbers, or the index, for what is kept. @defaultValue false */
  readonly isRandom?: boolean | undefined;
  /** Pieces that were decoded of its series and are to be kept, where that is wanted. @defaultValue none */
  readonly pieces?: readonly KeptPiece[] | undefined;
  /** Observations on its mesh files; of a decoded sample nothing is told. */
  readonly meshes: readonly DecodedMesh[];
  readonly bytesRead: number;
  /** Time from the opening of the file to the finished graph, milliseconds. */
  readonly decodeMs: number;
}

/** Outcome of reading a sample. */
export type ReadSample = Pick<DecodedSample, 'graph' | 'bytesRead' | 'meshes' | 'pieces'>;
