import type { GraphOf } from '../../core/graph.ts';
import type { FileEntry } from '../../core/source.ts';

/** Place where the steps of a series come from: a file that lists them, arrays of one file, or a file each. */
export type TimeOrigin = 'collection' | 'arrays' | 'files';

/** Arrays of a mesh by what they are of. */
interface ByKind<Value> {
  readonly node: Value;
  readonly cell: Value;
}

/** Stored names of the arrays that have steps, at one of these, by their logical names. */
export type StepNames = ByKind<ReadonlyMap<string, string>>;

/** Place where one step of a part lies. */
export interface StepSource {
  /** Path of its mesh inside the source. */
  readonly path: string;
  /** Files that it is made of: its mesh, then the pieces of this. */
  readonly files: readonly FileEntry[];
  /**
   * Stored names of the arrays that have steps there. Those of {@link SeriesPart.stepped} that are not among them are of
   * other steps, all others are static, under their full names. @defaultValue all arrays of the file are of this step
   */
  readonly names?: StepNames | undefined;
  /** Number of the step in VTK's own form: `TimeStep` of its arrays. @defaultValue the file has not that form */
  readonly timeStep?: number | undefined;
}

/** Part of the samples of a series. */
export interface SeriesPart {
  /** Name of it; empty where samples have no parts. */
  readonly name: string;
  /** Graph that is made of it. @defaultValue that of the dataset */
  readonly graphOf?: GraphOf | undefined;
  /** True where its file has no steps: it is the same at all of them, and its arrays come once, `[N]`. */
  readonly isStatic: boolean;
  /** Stored names of all arrays of its file that are of some step. @defaultValue all arrays are of the step of their file */
  readonly stepped?: ByKind<ReadonlySet<string>> | undefined;
}

/** Series of steps: the trajectory of one simulation. */
export interface TimeSeries {
  readonly id: string;
  readonly from: TimeOrigin;
  /** Numbers of the steps, ascending. */
  readonly steps: ArrayLike<number>;
  /**
   * Times of the steps. Undefined where nothing but each file tells: then it is the first value of `TimeValue`, `TIME` or
   * `time` in the FieldData of the step's first part, else the number of the step.
   */
  readonly times: ArrayLike<number> | undefined;
  /** Parts of its samples: the graph itself, then the others. */
  readonly parts: readonly SeriesPart[];
  /**
   * Finds where a step of a part lies; undefined where it lacks this part there.
   *
   * @param part - its place in `parts`
   * @param position - of the step in `steps`
   */
  sourceAt(part: number, position: number): StepSource | undefined;
}

/** Hole in a series: steps that are not there, between two that are. */
export interface TimeGap {
  readonly series: string;
  /** Step before it; undefined where it is before the first one. */
  readonly after: number | undefined;
  /** Step behind it; undefined where it is behind the last one. */
  readonly before: number | undefined;
  /** Steps that are not there. */
  readonly steps: readonly number[];
}

/** Findings about the steps of a dataset. */
export interface DatasetTime {
  /** Sentences that say which steps were found, where, and what was left out. */
  readonly why: string;
  /** Holes of all series. */
  readonly gaps: readonly TimeGap[];
  /** Ids of the series that are shorter than a window. */
  readonly tooShort: readonly string[];
}

/** Samples of series: a step each, or a window of steps each. Nothing is kept for a window but numbers in columns. */
export interface TimeSamples extends DatasetTime {
  readonly length: number;
  /** True where samples are windows, whose arrays are stacked; false where each step is a sample. */
  readonly isWindowed: boolean;
  /** Number of series. */
  readonly seriesCount: number;
  /** Finds the number of the series that a sample is of, `0 … seriesCount − 1`. */
  seriesOf(sample: number): number;
  /** Gives a series by its number; the same object whenever somebody has it. */
  series(number: number): TimeSeries;
  /** Gives the positions of a sample's steps in those of its series, ascending; one where samples are single steps. */
  positionsAt(sample: number): readonly number[];
}
