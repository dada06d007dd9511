import type { GraphData, Metadata } from './graph.ts';
import type { FileEntry, ReadOptions } from './source.ts';

/** One sample of a dataset as the catalogue knows it; no mesh is read for this. */
export interface Sample {
  /**
   * Path without its extension; with a template that captures something, the texts of its captures, joined by `/`. With
   * `time` the id of its series and the number of its first step, `SERIES@STEP`.
   */
  readonly id: string;
  /** Path inside the source; of a sample of parts that of its first one. */
  readonly path: string;
  /** Bytes of the file at that path; of a sample of parts those of all its files. */
  readonly size: number;
  /**
   * Files that it is made of, as they were listed: its mesh, then the pieces that this names; of a sample of parts those
   * of one after the other.
   */
  readonly files: readonly FileEntry[];
  readonly metadata: Metadata;
  /** Paths by part, the first one among them. @defaultValue undefined: samples have no parts */
  readonly parts?: Readonly<Record<string, string>> | undefined;
  /** Values that its template captured. @defaultValue undefined: there is no template */
  readonly captures?: Readonly<Record<string, string | number>> | undefined;
  /** Id of the series that its steps are of. @defaultValue undefined: the dataset was opened without `time` */
  readonly series?: string | undefined;
  /** Numbers of its steps: one, or those of its window. @defaultValue undefined: as `series` */
  readonly steps?: readonly number[] | undefined;
  /** Times of its steps, where they are known without opening a file for each. @defaultValue undefined */
  readonly times?: readonly number[] | undefined;
}

/** Options of {@link Dataset.get} and {@link Dataset.work}. */
export interface SampleOptions extends ReadOptions {
  /** Epoch that the sample is for: what its transforms are told. @defaultValue 0 */
  readonly epoch?: number | undefined;
  /** Seed of the random numbers of its transforms. @defaultValue 0 */
  readonly seed?: number | undefined;
}

/**
 * A sample's decoding as work for another thread. `module` is a URL that the worker imports, of a {@link WorkModule}.
 * `input` must survive structured cloning.
 */
export interface Work<Result = GraphData> {
  /** Name of the sample in messages. */
  readonly label: string;
  readonly module: string;
  /**
   * Loads that module on the calling thread, where its URL may lead nowhere: a bundler has put it elsewhere.
   * @defaultValue imports `module`
   */
  load?(): Promise<WorkModule>;
  readonly input: unknown;
  /**
   * Text that says with which other work it has something in common: of the threads that are free the one that did some of
   * that takes it. @defaultValue nothing
   */
  readonly affinity?: string | undefined;
  /** Turns what the worker sent into the sample, on the calling thread. */
  finish(value: unknown): Result | Promise<Result>;
  /** Lets go of what the work held, such as the file; called once, also after a failure. */
  release?(): void;
}

/** Exports of the module of {@link Work}. */
export interface WorkModule {
  /** @param threads - threads that do such work, this one among them: what is kept is for all of them together */
  run(input: unknown, signal: AbortSignal, threads?: number): Promise<WorkResult>;
  /** Takes memory of results that nobody uses any more, on the thread that they came from, for those to come. */
  reuse?(buffers: readonly ArrayBuffer[]): void;
}

/** Result of {@link WorkModule.run}. */
export interface WorkResult {
  readonly value: unknown;
  /** Buffers inside `value` that move to the receiver instead of being copied. */
  readonly transfer: readonly ArrayBuffer[];
}

/** Samples that are being brought to this machine ahead of their use; ends with {@link Prefetch.close}. */
export interface Prefetch {
  /** Notes that more of the order was reached, see {@link PrefetchPlan.reached}. */
  advance?(): void;
  /** Gives up what nobody asked for. */
  close(): void;
}

/** Plan of a loader: the samples that it is going to ask for. */
export interface PrefetchPlan {
  /** Indices in the order in which they will be asked for, each as often as it will be. */
  readonly order: Iterable<number>;
  /** Indices that come after them, as far as these are known: what to keep. */
  readonly afterwards?: Iterable<number> | undefined;
  /** Samples that are asked for at a time. */
  readonly concurrency: number;
  /** Bytes of files that may be fetched ahead; one file may always be. @defaultValue what the dataset finds fitting */
  readonly maxBytes?: number | undefined;
  /** Seed with which they will be asked for, see {@link SampleOptions.seed}. @defaultValue 0 */
  readonly seed?: number | undefined;
  /**
   * Function that counts the samples of the order that are used, were, or are waited for: what comes after them is
   * ahead, whoever has it.
   *
   * @defaultValue those that were asked of the dataset
   */
  readonly reached?: (() => number) | undefined;
}

/** Dataset as a loader needs it: an array of graphs satisfies it through `arrayDataset`. */
export interface Dataset {
  readonly length: number;
  /** Samples as far as something is known of them before they are read; then one for each. */
  readonly samples?: readonly Pick<Sample, 'id' | 'steps'>[];
  /** Names a sample. Present where that is less work than to look at it. */
  idOf?(index: number): string;
  /**
   * True when each sample is made anew and held by nobody else, so that whoever asked for it may use its memory for
   * something else.
   *
   * @defaultValue false
   */
  readonly givesSamplesAway?: boolean;
  /**
   * True when the calling thread may do the work of samples while no worker has started: nothing of the user's is in
   * it, and it lets other events run.
   *
   * @defaultValue false
   */
  readonly worksAnywhere?: boolean;
  /** True for some samples of a larger dataset: a `sampler` of these may go with `shuffle`. @defaultValue false */
  readonly isSubset?: boolean;
  /** URLs of modules that the work of samples needs: threads load them before the first one. @defaultValue none */
  readonly workModules?: readonly string[];
  /**
   * Reads a sample.
   *
   * @throws RangeError when `index` is not in `0 … length − 1`.
   */
  get(index: number, options?: SampleOptions): Promise<GraphData>;
  /** Takes a loader's plan; present where it helps to know which samples will be asked for. */
  prefetch?(plan: PrefetchPlan): Prefetch;
  /** Makes the work of a sample; present where samples can be decoded by worker threads. */
  work?(index: number, options?: SampleOptions): Promise<Work>;
}
