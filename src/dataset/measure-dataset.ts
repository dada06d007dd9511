import { availableParallelism } from 'node:os';
import type { Work, WorkModule } from '../core/dataset.ts';
import { ConfigError, NotFoundError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import type { PartMode } from '../core/held-file.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { moduleUrl } from '../core/module-url.ts';
import { readAhead } from '../core/read-ahead.ts';
import { shorten, showNames, showValue } from '../core/show-value.ts';
import type { ReadOptions } from '../core/source.ts';
import type { Statistics } from '../core/statistics.ts';
import { pointArrayInCells } from '../core/wished-arrays.ts';
import { isGone, retryGone } from '../files/gone-file.ts';
import { headersOf, sizesOf } from '../files/held.ts';
import {
  type MeasuredSample,
  type MeasureInput,
  measureSample,
  type OverPoints,
} from '../statistics/measure-sample.ts';
import * as measureWork from '../statistics/measure-work.ts';
import { StatisticsSum } from '../statistics/statistics-sum.ts';
import { Decoders, type WorkMaker } from '../threads/decoders.ts';
import type { DatasetParts } from './dataset-parts.ts';
import { viewFiles } from './dataset-view.ts';
import { toDecodeParts } from './decode-parts.ts';
import { PrefetchedFiles } from './prefetched-files.ts';
import type { HeldSample } from './sample-files.ts';
import type { SampleTable } from './sample-table.ts';
import type { MeasuredFiles, MeasuredTable } from './wished-files.ts';

/** Progress of measuring a dataset. */
export interface MeasureProgress {
  /** Samples that are measured, of so many. */
  readonly done: number;
  readonly total: number;
  /** Id of the one that was measured last. */
  readonly id: string;
}

/** Options of `VascuDataset.measure`. */
export interface MeasureOptions extends ReadOptions {
  /** Names of the point and cell arrays to measure. @defaultValue `includeAttributes` of the dataset, else all arrays */
  readonly attributes?: readonly string[] | undefined;
  /**
   * Threads that measure; 0 measures on the calling thread, in slices that let other events run, `'auto'` begins there and adds
   * threads while they help. @defaultValue 0
   */
  readonly numWorkers?: number | 'auto' | undefined;
  /** Listener that is called after each sample, in the order of their ids. @defaultValue none */
  readonly onProgress?: ((progress: MeasureProgress) => void) | undefined;
}

/** Dataset as it is measured. */
export interface MeasuredDataset
  extends Pick<DatasetParts, 'streamer' | 'streamed' | 'places' | 'demand' | 'options'> {
  readonly table: SampleTable;
  /** True when cached copies are removed once they have been used. */
  readonly deleteAfterUse: boolean;
}

/** Module that measures a sample, on another thread. */
const MEASURE_WORK = moduleUrl('../statistics/measure-work', import.meta.url) ?? 'vascusim:measure-work';

/** Samples under way at a time without workers: one is read from disk while another is measured. */
const CONCURRENT_SAMPLES = 2;

/** Samples by which it is decided how files come. */
const MAX_WEIGHED_SAMPLES = 256;

/** Size of files, on an average, below which pieces of them take more time than they spare. */
const SMALL_FILE_BYTES = 256 * 1024;

/** Samples measured ahead of the one that is merged next, a thread: their results are small. */
const SAMPLES_AHEAD = 8;

/**
 * Measures the stored arrays of all samples: only their bytes are fetched and read. Merged in the order of the ids, so that
 * the result is the same to the last bit for any number of workers and any order of the samples.
 *
 * @throws ConfigError for an option that cannot be used, and for an array that is not of one shape in all samples
 * @throws NotFoundError for a name in `attributes` that no sample has an array of
 * @throws ConfigError where that is an array over points, and the nodes of its graphs are cells
 */
export async function measureDataset(
  dataset: MeasuredDataset,
  options: MeasureOptions,
  signal: AbortSignal,
): Promise<Statistics> {
  const { attributes = dataset.options.includeAttributes, numWorkers = 0, onProgress } = options;
  checkOptions(options, attributes, numWorkers);
  const { streamer, demand } = dataset;
  const measuredFiles = filesToMeasure(dataset, attributes);
  const { table } = measuredFiles;
  const { length } = table;
  const files = new PrefetchedFiles(measuredFiles.files, {
    streamer,
    decoded: undefined,
    length,
    prefetchSize: undefined,
    demand,
    signal,
    removes: dataset.deleteAfterUse,
  });
  const order = orderById(table);
  const mostWorkers = availableParallelism();
  const most = numWorkers === 'auto' ? mostWorkers : numWorkers;
  const concurrency = Math.max(CONCURRENT_SAMPLES, 2 * most);
  let reached = 0;
  const prefetch = files.prefetch({ order, concurrency, reached: () => reached });
  const maker = new MeasuringWork({ ...dataset, ...measuredFiles, files, attributes });
  let decoders: Decoders<MeasuredSample> | undefined;
  const sum = new StatisticsSum();
  const missing = new Missing(
    attributes,
    options.attributes === undefined ? 'includeAttributes' : 'attributes',
  );
  try {
    const threads = new Decoders(maker, { numWorkers, mostWorkers });
    decoders = threads;
    threads.expect(length);
    threads.ask();
    const measured = readAhead(order, (index, own) => threads.load(index, { signal: own }), {
      ahead: () => SAMPLES_AHEAD * threads.concurrency,
      concurrency: () => threads.concurrency,
      signal,
    });
    for await (const { result } of measured) {
      threads.handOut();
      const id = table.idAt(order[reached] as number);
      reached++;
      prefetch.advance?.();
      sum.add(id, result);
      missing.add(id, result);
      onProgress?.({ done: reached, total: length, id });
      threads.ask();
    }
    missing.check(sum.names);
    return sum.finish();
  } finally {
    prefetch.close();
    await decoders?.close();
    await files[Symbol.asyncDispose]();
  }
}

function checkOptions(
  options: MeasureOptions,
  attributes: readonly string[] | undefined,
  numWorkers: number | 'auto',
): void {
  rejectUnknownOptions('measure', options, ['attributes', 'numWorkers', 'onProgress', 'signal']);
  if (numWorkers !== 'auto' && (!Number.isSafeInteger(numWorkers) || numWorkers < 0)) {
    throw new ConfigError(
      'numWorkers',
      `${showValue(numWorkers)} is no number of threads: give a whole number from 0 on, or 'auto'.`,
    );
  }
  if (attributes === undefined) return;
  if (Array.isArray(attributes) && attributes.every((name) => typeof name === 'string')) return;
  throw new ConfigError('attributes', 'attributes must be a list of names of arrays.');
}

/** Chooses how the arrays come: alone, but for small files, of which all may come sooner than some. */
function chooseMode(mode: PartMode | undefined, table: MeasuredTable): PartMode {
  if (mode === 'whole') return mode;
  const count = Math.min(table.length, MAX_WEIGHED_SAMPLES);
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += table.bytesAt(index);
  return bytes < count * SMALL_FILE_BYTES ? (mode ?? 'auto') : 'partial';
}

/** Orders the samples by their ids; those of a listing are as good as ordered. */
function orderById(table: MeasuredTable): readonly number[] {
  const ids = Array.from({ length: table.length }, (_, index) => table.idAt(index));
  return [...ids.keys()].sort((a, b) => {
    const [one, other] = [ids[a] as string, ids[b] as string];
    return one < other ? -1 : one > other ? 1 : a - b;
  });
}

/** Names that were asked for and that no sample has had so far. */
class Missing {
  readonly #names: Set<string>;
  /** First sample without some of them, and what it has. */
  #first: { readonly id: string; readonly known: readonly string[] } | undefined;
  /** First file for each of the names in which it is of an array over points, where the nodes are cells. */
  readonly #overPoints = new Map<string, OverPoints>();
  /** Option that names the arrays. */
  readonly #option: string;

  constructor(attributes: readonly string[] | undefined, option: string) {
    this.#names = new Set(attributes);
    this.#option = option;
  }

  add(id: string, { known, overPoints = [] }: MeasuredSample): void {
    if (known !== undefined) this.#first ??= { id, known };
    for (const file of overPoints)
      for (const name of file.names) if (!this.#overPoints.has(name)) this.#overPoints.set(name, file);
  }

  /**
   * @throws NotFoundError for a name that no array of the fields has
   * @throws ConfigError where it is of an array over points, and the nodes are cells
   */
  check(fields: readonly string[]): void {
    for (const field of fields) this.#names.delete(field.replace(/^(?:parts\.[^.]+\.)?(?:node|cell)\./, ''));
    const [name] = this.#names;
    if (name === undefined || this.#first === undefined) return;
    const file = this.#overPoints.get(name);
    if (file !== undefined) throw pointArrayInCells(this.#option, name, file.path, file.cellArrays);
    const { id, known } = this.#first;
    throw new NotFoundError(
      `No sample has an array ${showValue(name)} of numbers, which ${this.#option} names. Those of ${shorten(id)} are: ${known.length === 0 ? 'none' : showNames(known)}.`,
    );
  }
}

/** Parts that the work of measuring is made of. */
interface MeasuringParts extends MeasuredFiles {
  readonly attributes: readonly string[] | undefined;
  readonly deleteAfterUse: boolean;
}

/** Takes the files that are measured: those of samples, or of their steps. */
function filesToMeasure(
  { streamed, places, table, options }: MeasuredDataset,
  attributes: readonly string[] | undefined,
): MeasuredFiles {
  const wish = { attributes, geometry: false, meshOwners: { ownerOf: () => undefined } };
  const mode = chooseMode(options.mode, table);
  const steps = streamed.measured?.(places, { ...wish, mode });
  if (steps !== undefined) return steps;
  const files = viewFiles(streamed.withWish({ ...wish, mode }), places);
  return { files, table, inputOf: (index, held, own) => inputOf(table, index, held, own, options.graphOf) };
}

/** Makes the input of measuring a sample. */
function inputOf(
  table: SampleTable,
  index: number,
  held: HeldSample,
  attributes: readonly string[] | undefined,
  graphOf: GraphOf = 'points',
): MeasureInput {
  const entries = table.filesAt(index);
  const parsed = headersOf(entries, held.files);
  const listed = table.partsAt(index) ?? [{ path: table.pathAt(index), files: entries }];
  const meshes = toDecodeParts(listed, held.files, graphOf).map((part, at) => ({
    prefix: at === 0 ? '' : `parts.${part.name}.`,
    path: part.path,
    file: part.file,
    pieces: part.pieces,
    parsed,
    ofCells: part.graphOf === 'cells',
  }));
  return { meshes, attributes, sizes: sizesOf(held.files) };
}

/** Maker of the work of measuring samples. */
class MeasuringWork implements WorkMaker<MeasuredSample> {
  readonly worksAnywhere = true;
  readonly workModules: readonly string[] = [MEASURE_WORK];
  readonly #parts: MeasuringParts;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
  }

  async get(index: number, { signal }: ReadOptions = {}): Promise<MeasuredSample> {
    const { input, held } = await this.#prepare(index, signal);
    try {
      return await measureSample(input, signal);
    } finally {
      this.#release(held);
    }
  }

  async work(index: number, { signal }: ReadOptions = {}): Promise<Work<MeasuredSample>> {
    const { input, held } = await this.#prepare(index, signal);
    return {
      label: this.#parts.table.pathAt(index),
      module: MEASURE_WORK,
      load: () => Promise.resolve(measureWork as WorkModule),
      input,
      finish: (value) => {
        const measured = value as MeasuredSample | measureWork.UnreadableSample;
        if (!('isGone' in measured)) return measured;
        this.#release(held);
        return this.#getAnew(index, measured.isGone, signal);
      },
      release: () => this.#release(held),
    };
  }

  /** Measures a sample whose files could not be read: they are removed, unless they are gone, and fetched once more. */
  async #getAnew(
    index: number,
    isFileGone: boolean,
    signal: AbortSignal | undefined,
  ): Promise<MeasuredSample> {
    if (!isFileGone) {
      (await this.#parts.files.hold(index, { signal })).release({ remove: true, shared: true });
    }
    return retryGone(() => this.get(index, { signal }), isGone);
  }

  async #prepare(
    index: number,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly input: MeasureInput; readonly held: HeldSample }> {
    const { files, attributes } = this.#parts;
    const held = await files.hold(index, { signal });
    return { input: this.#parts.inputOf(index, held, attributes), held };
  }

  #release(held: HeldSample): void {
    held.release({ remove: this.#parts.deleteAfterUse });
  }
}
