import type { FilePlace } from '../core/held-file.ts';
import type { ParsedHeader } from '../core/mesh.ts';
import type { Moments } from './moments.ts';

/** Mesh whose arrays are measured. */
export interface MeasuredMesh {
  /** Text before the names of its arrays: empty for the sample's own graph, else `parts.NAME.`. */
  readonly prefix: string;
  /** Path inside the source. */
  readonly path: string;
  readonly file: FilePlace;
  /** Places of its pieces, by their paths inside the source. */
  readonly pieces: ReadonlyMap<string, FilePlace>;
  /** Headers that were read before, by the paths of their files inside the source. */
  readonly parsed: ReadonlyMap<string, ParsedHeader>;
  /** True when its graph has the cells as nodes. @defaultValue false */
  readonly ofCells?: boolean | undefined;
}

/** Array of one sample, measured. */
export interface MeasuredField {
  readonly name: string;
  readonly rows: number;
  readonly shape: readonly number[];
  /** Moments of each component. */
  readonly moments: readonly Moments[];
}

/** Sample whose arrays were measured. */
export interface MeasuredSample {
  /** Nodes and cells of its own graph. */
  readonly nodes: number;
  readonly cells: number;
  readonly fields: readonly MeasuredField[];
  /** Names of all arrays, where one that was named is not there. */
  readonly known?: readonly string[] | undefined;
  /** Files whose cells are the nodes, with what was named of the arrays over their points. */
  readonly overPoints?: readonly OverPoints[] | undefined;
}

/** File whose graph has the cells as nodes, with arrays over points that were named. */
export interface OverPoints {
  readonly path: string;
  readonly names: readonly string[];
  readonly cellArrays: readonly string[];
}
