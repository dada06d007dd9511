import type { Dataset } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { shorten, showValue } from '../core/show-value.ts';
import type { Batch } from '../graph/batch.ts';
import type { BatchOptions } from '../graph/collate.ts';
import { noWork } from '../threads/decoders.ts';
import type { Remainder } from './batch-plan.ts';
import type { SampleSize } from './budget.ts';
import type { BatchEvent, SampleEvent } from './loader-stats.ts';
import { checkSampler, type Sampler } from './sampler.ts';
import { World } from './world.ts';

/** Options of {@link DataLoader}; `Item` is what `collate` makes. */
export interface DataLoaderOptions<Item = Batch> {
  /**
   * Samples in a batch of this process, 1 or more; beside `maxNodesPerBatch` or `maxEdgesPerBatch` the most.
   *
   * @defaultValue 1, or no limit beside one of these
   */
  readonly batchSize?: number | undefined;
  /**
   * Nodes that a batch may have: samples are added in their order until the next one does not fit. How many
   * batches that makes is known only with `sampleSizes`. @defaultValue no limit
   */
  readonly maxNodesPerBatch?: number | undefined;
  /** Directed edges that a batch may have, as `maxNodesPerBatch`. @defaultValue no limit */
  readonly maxEdgesPerBatch?: number | undefined;
  /**
   * Treatment of a sample that is over the budget by itself: it is a batch of its own (`'alone'`) or a `ConfigError`
   * (`'error'`).
   *
   * @defaultValue `'alone'`
   */
  readonly oversize?: 'alone' | 'error' | undefined;
  /**
   * Nodes and edges of each sample by index, where they are known before it is read. A sample that turns out to
   * be of another size fails. Several processes need it to make batches within a budget. @defaultValue unknown
   */
  readonly sampleSizes?: readonly SampleSize[] | ((index: number) => SampleSize) | undefined;
  /** True when each epoch has an order of its own. @defaultValue false */
  readonly shuffle?: boolean | undefined;
  /** Order of your own, instead of `shuffle`; of a subset its indices are shuffled where both are given. @defaultValue none */
  readonly sampler?: Sampler | undefined;
  /** Number that the orders follow from, a safe integer. @defaultValue 0 */
  readonly seed?: number | undefined;
  /** True when samples that do not fill the last batch (of all processes) are left out. @defaultValue false */
  readonly dropLast?: boolean | undefined;
  /** The processes that train together, and which of them this is. @defaultValue `World.single()` */
  readonly world?: World | undefined;
  /**
   * Treatment of the last samples where processes could not all get as many: the first ones of the epoch come a second
   * time (`'pad'`, counted in `stats().padded`), or they are left out (`'drop'`; at most one less than there are
   * processes, or as many batches within a budget).
   *
   * @defaultValue `'pad'`
   */
  readonly remainder?: Remainder | undefined;
  /**
   * Threads that decode samples; 0 decodes on the calling thread, in slices that let other events run. So it does
   * while they start, unless a transform is a module. `'auto'` begins on the calling thread, adds threads while the loop
   * waits for decoding, up to the number of processors that this process has, and takes away those that are not needed;
   * what comes, and in which order, is the same. @defaultValue 0
   */
  readonly numWorkers?: number | 'auto' | undefined;
  /**
   * Batches whose samples are loaded while one is used, 0 or more; with workers at least two samples a worker
   * are. The next one is also joined by then, unless it is 0. All of them are in memory. Within a budget of nodes or edges and without `batchSize`, a batch counts as
   * 4 samples. @defaultValue 1
   */
  readonly prefetchBatches?: number | undefined;
  /**
   * Bytes of graphs that may be ready or being loaded ahead of the batch that the loop has or waits for, and bytes of
   * files that may be fetched ahead of it. Graphs that are being loaded are taken to be as large as the largest one so
   * far; one file may always be fetched ahead, unless it is 0. @defaultValue 1 GiB
   */
  readonly prefetchBytes?: number | undefined;
  /**
   * True when batches come in the order of the epoch. If not, a batch that is complete goes before one that still waits
   * for a sample; its content is the same. Several processes need the order.
   *
   * @defaultValue true
   */
  readonly inOrder?: boolean | undefined;
  /**
   * Treatment of arrays that not all graphs of a batch have, or not of one type and number of components: `'same'`
   * makes the iteration fail, `'common'` leaves them out and names them in `batch.leftOut`, `'fill'` fills missing ones
   * (floats with NaN, integers with 0) and names them in `batch.filled`.
   *
   * @defaultValue `'same'`
   */
  readonly arrays?: BatchOptions['arrays'];
  /** Function that makes of the graphs of a batch what the loop gets. @defaultValue joins them into a `Batch` */
  readonly collate?: ((graphs: readonly GraphData[]) => Item | Promise<Item>) | undefined;
  /**
   * Treatment of a sample that cannot be loaded: the iteration fails in its turn (`'throw'`), or the sample is left out
   * of its batch (`'skip'`; or a function, which is called for it). Those left out are counted and named in `stats()`.
   * Closing, aborts and a refused login always end the iteration, and so does, with `'skip'`, an epoch without a sample
   * that could be loaded.
   *
   * @defaultValue `'throw'`
   */
  readonly onError?: 'throw' | 'skip' | ((error: unknown, index: number) => void) | undefined;
  /** Listener that is called with each sample in the order of the epoch, when its batch is made. @defaultValue none */
  readonly onSample?: ((event: SampleEvent) => void) | undefined;
  /** Listener that is called with each batch before the loop gets it. @defaultValue none */
  readonly onBatch?: ((event: BatchEvent) => void) | undefined;
  /**
   * Path of a file of this machine to which the course of each iteration is appended: a line of JSON with what `stats()` tells
   * each 250 ms, and one at its end. `vascusim view --report` shows it while it grows. @defaultValue none
   */
  readonly report?: string | undefined;
  /** Signal that ends every iteration when aborted. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

/** The options as they are used. */
export interface Settings<Item> {
  readonly batchSize: number;
  readonly maxNodes: number;
  readonly maxEdges: number;
  readonly oversize: 'alone' | 'error';
  readonly sizeOf: ((index: number) => SampleSize) | undefined;
  readonly shuffle: boolean;
  readonly sampler: Sampler | undefined;
  readonly seed: number;
  readonly dropLast: boolean;
  readonly world: World;
  readonly remainder: Remainder;
  readonly numWorkers: number | 'auto';
  /** Threads that `'auto'` comes to at most. */
  readonly mostWorkers: number;
  /** Samples that are loaded ahead at most, unless workers need more. */
  readonly ahead: number;
  readonly prefetchBytes: number;
  /** True when a batch is made while the one before is used. */
  readonly makesAhead: boolean;
  readonly inOrder: boolean;
  readonly arrays: NonNullable<BatchOptions['arrays']>;
  readonly collate: DataLoaderOptions<Item>['collate'];
  readonly onError: NonNullable<DataLoaderOptions['onError']>;
  readonly onSample: DataLoaderOptions['onSample'];
  readonly report: string | undefined;
  readonly onBatch: DataLoaderOptions['onBatch'];
}

const OPTIONS: readonly (keyof DataLoaderOptions)[] = [
  'batchSize',
  'maxNodesPerBatch',
  'maxEdgesPerBatch',
  'oversize',
  'sampleSizes',
  'shuffle',
  'sampler',
  'seed',
  'dropLast',
  'world',
  'remainder',
  'numWorkers',
  'prefetchBatches',
  'prefetchBytes',
  'inOrder',
  'arrays',
  'collate',
  'onError',
  'onSample',
  'onBatch',
  'report',
  'signal',
];

/** Number of samples that a batch within a budget is taken to have when samples are loaded ahead. */
const USUAL_BATCH_SAMPLES = 4;

/**
 * Checks options and fills in what is not given.
 *
 * @throws ConfigError for an option that does not exist or cannot be used as given
 */
export function readOptions<Item>(dataset: Dataset, options: DataLoaderOptions<Item>): Settings<Item> {
  requireDataset(dataset);
  rejectUnknownOptions('DataLoader', options, OPTIONS);
  const { maxNodesPerBatch: maxNodes = Infinity, maxEdgesPerBatch: maxEdges = Infinity } = options;
  const hasBudget = maxNodes < Infinity || maxEdges < Infinity;
  const { batchSize = hasBudget ? Infinity : 1, seed = 0, numWorkers = 0, prefetchBatches = 1 } = options;
  const { shuffle = false, dropLast = false, remainder = 'pad' } = options;
  // One of another copy of this package is as good; its numbers are checked.
  const world = options.world === undefined ? World.single() : new World(options.world);
  const { prefetchBytes = 1024 ** 3, inOrder = true, arrays = 'same', oversize = 'alone' } = options;
  const { sampler, sampleSizes, onError = 'throw', collate, onSample, onBatch, report } = options;
  if (batchSize < Infinity || !hasBudget) requireInteger('batchSize', batchSize, 1);
  if (maxNodes !== Infinity) requireInteger('maxNodesPerBatch', maxNodes, 1);
  if (maxEdges !== Infinity) requireInteger('maxEdgesPerBatch', maxEdges, 1);
  requireInteger('seed', seed, Number.MIN_SAFE_INTEGER);
  if (numWorkers !== 'auto') requireWorkers(numWorkers);
  requireInteger('prefetchBatches', prefetchBatches, 0);
  requireInteger('prefetchBytes', prefetchBytes, 0);
  requireOneOf('oversize', oversize, ['alone', 'error']);
  requireOneOf('remainder', remainder, ['pad', 'drop']);
  requireOneOf('arrays', arrays, ['same', 'common', 'fill']);
  for (const [option, value] of Object.entries({ shuffle, dropLast, inOrder }))
    requireA('boolean', option, value);
  for (const [option, value] of Object.entries({ collate, onSample, onBatch })) {
    if (value !== undefined) requireA('function', option, value);
  }
  if (typeof onError !== 'function') requireOneOf('onError', onError, ['throw', 'skip']);
  if (report !== undefined && (typeof report !== 'string' || report === ''))
    throw new ConfigError('report', `report must be the path of a file, not ${inspectShortly(report)}.`);
  if (numWorkers !== 'auto' && numWorkers > 0 && dataset.work === undefined) throw noWork();
  if (sampler !== undefined) {
    checkSampler(sampler);
    if (shuffle && dataset.isSubset !== true)
      throw new ConfigError('sampler', 'A sampler decides the order: leave out shuffle.');
  }
  if (!inOrder && world.size > 1) {
    throw new ConfigError(
      'inOrder',
      'With inOrder: false each process would have batches in another order, and theirs would not make up one any more.',
    );
  }
  const sizeOf = readSizes(sampleSizes, dataset.length);
  if (hasBudget && sizeOf === undefined) checkUnknownSizes(world, inOrder);
  if (!hasBudget && sizeOf !== undefined) {
    throw new ConfigError(
      'sampleSizes',
      'sampleSizes serves maxNodesPerBatch or maxEdgesPerBatch: give one of them.',
    );
  }
  const usual = Number.isFinite(batchSize) ? batchSize : USUAL_BATCH_SAMPLES;
  return {
    batchSize,
    maxNodes,
    maxEdges,
    oversize,
    sizeOf,
    shuffle,
    sampler,
    seed,
    dropLast,
    world,
    remainder,
    numWorkers,
    mostWorkers: mostWorkers(world),
    prefetchBytes,
    inOrder,
    arrays,
    collate,
    onError,
    onSample,
    onBatch,
    report,
    ahead: prefetchBatches * usual,
    makesAhead: prefetchBatches > 0,
  };
}

/** Counts the threads that help at most: one for each processor that is this process' own. */
function mostWorkers({ localSize }: World): number {
  const { hardwareConcurrency: processors = 1 } = globalThis.navigator ?? {};
  return processors > 1 ? Math.max(1, Math.floor(processors / localSize)) : 0;
}

/** Checks a number of threads. */
function requireWorkers(numWorkers: number): void {
  if (typeof numWorkers !== 'string') return requireInteger('numWorkers', numWorkers, 0);
  throw new ConfigError(
    'numWorkers',
    `numWorkers must be a whole number from 0 on or 'auto', not ${inspectShortly(numWorkers)}.`,
  );
}

/**
 * Checks that batches can be made while sizes are not known beforehand.
 *
 * @throws ConfigError where that is not possible without knowing sizes beforehand
 */
function checkUnknownSizes(world: World, inOrder: boolean): void {
  const remedy = 'give sampleSizes, the nodes and edges of each sample, or use batchSize';
  if (world.size > 1) {
    throw new ConfigError(
      'sampleSizes',
      `${world.size} processes cannot agree on batches within a budget before they know how large samples are: ${remedy}.`,
    );
  }
  if (!inOrder) {
    throw new ConfigError(
      'sampleSizes',
      `inOrder: false needs to know which samples form a batch before they are loaded: ${remedy}.`,
    );
  }
}

function readSizes(sizes: DataLoaderOptions['sampleSizes'], length: number): Settings<unknown>['sizeOf'] {
  if (sizes === undefined) return undefined;
  if (typeof sizes !== 'function' && sizes.length !== length) {
    throw new ConfigError(
      'sampleSizes',
      `sampleSizes has ${sizes.length} entries, the dataset ${length} samples.`,
    );
  }
  return (index) => {
    const size = typeof sizes === 'function' ? sizes(index) : sizes[index];
    const { numNodes, numEdges = 0 } = size ?? { numNodes: Number.NaN };
    if ([numNodes, numEdges].every((value) => Number.isSafeInteger(value) && value >= 0))
      return { numNodes, numEdges };
    throw new ConfigError(
      'sampleSizes',
      `sampleSizes gives no numbers of nodes and edges for the sample ${index}.`,
    );
  };
}

/**
 * Checks a whole number.
 *
 * @throws ConfigError naming the option, unless `value` is a whole number from `least` on
 */
export function requireInteger(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const range = least < 0 ? 'a safe integer' : `a whole number from ${least} on`;
  throw new ConfigError(option, `${option} must be ${range}, not ${showValue(value)}.`);
}

function requireA(type: 'boolean' | 'function', option: string, value: unknown): void {
  if (typeof value === type) return;
  const what = type === 'boolean' ? 'true or false' : 'a function';
  throw new ConfigError(option, `${option} must be ${what}, not ${inspectShortly(value)}.`);
}

/** Checks that a dataset was given: one that was not waited for is a promise. */
function requireDataset(dataset: unknown): void {
  const { length, get } = (dataset ?? {}) as Partial<Record<keyof Dataset, unknown>>;
  if (typeof get === 'function' && Number.isSafeInteger(length)) return;
  const remedy =
    dataset instanceof Promise
      ? 'It is a promise: write await VascuDataset.open(…).'
      : 'Give what await VascuDataset.open(…) gives, or arrayDataset(graphs).';
  throw new ConfigError('dataset', `A DataLoader needs a dataset. ${remedy}`);
}

function inspectShortly(value: unknown): string {
  return typeof value === 'string' ? `'${shorten(value)}'` : showValue(value);
}

function requireOneOf(option: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  const list = known.map((each) => `'${each}'`);
  const all = `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
  throw new ConfigError(option, `${option} must be ${all}, not ${inspectShortly(value)}.`);
}
