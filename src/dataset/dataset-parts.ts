import { existsSync } from 'node:fs';
import type { Sample } from '../core/dataset.ts';
import { ConfigError, isVascuError, NotFoundError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import type { PartMode } from '../core/held-file.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { Lifetime } from '../core/lifetime.ts';
import type { Shard } from '../core/shard.ts';
import { showValue } from '../core/show-value.ts';
import type { Statistics } from '../core/statistics.ts';
import { checkGraphOf } from '../graph/check-graph-of.ts';
import { readScales, type Scales } from '../graph/standardize.ts';
import { type AnyTransform, copyTransforms, sortTransforms } from '../graph/transform.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { openPlace } from '../streamers/open-place.ts';
import { type PlaceOptions, placeOptionNames } from '../streamers/place.ts';
import { type Catalogue, findSamples } from './catalogue.ts';
import { type DecodedFiles, makeDecodedFiles } from './decoded-files.ts';
import { Demand } from './demand.ts';
import { findMeshOwners, type SharedMesh } from './mesh-owners.ts';
import type { SampleFiles } from './sample-files.ts';
import type { FilterFn } from './sample-filter.ts';
import type { SampleRules } from './sample-selection.ts';
import type { SamplesOption } from './sample-templates.ts';
import { StreamedFiles } from './streamed-files.ts';
import type { MetadataOption, TableRequest } from './tables/table-options.ts';

/** Options of `VascuDataset.open`. */
export interface VascuDatasetOptions extends PlaceOptions {
  /** Folder inside the source in which the samples lie, at any depth. @defaultValue the whole source */
  readonly sourceDir?: string | undefined;
  /**
   * Globs of the files that may be samples, by their paths from `sourceDir` on, as `compileGlob` reads them. Sidecars, tables
   * of metadata, and the pieces of a `.pvtu` or `.pvtp` come with what needs them. @defaultValue all
   */
  readonly include?: string | readonly string[] | undefined;
  /** Globs of the files that may not, which `include` may name. @defaultValue none */
  readonly exclude?: string | readonly string[] | undefined;
  /**
   * Template of the files that are samples, which says what their paths mean: `'{case}/m={flow:number}/internal.vtu'`. It is for
   * the whole path from `sourceDir` on. `{name}` takes at least one character and no `/`, `{name:number}` a number, each the
   * shortest text that lets the rest match; a name that is there twice has one text; `*`, `**` and `?` are as in globs, and
   * `\` makes the next sign literal. The texts of the captures are the sample's id, their values part of its metadata.
   *
   * A record of templates makes one sample of the files whose captures agree: the first one is the graph itself, and a
   * part that has only some of the captures is shared by the samples that agree in them. Of a part
   * `{ pattern, optional, graphOf }` says more. @defaultValue each mesh file is a sample
   */
  readonly samples?: SamplesOption | undefined;
  /**
   * Tables of metadata to join with samples, in the source or on this machine: `'cases.csv'`, or
   * `{ file: 'cases.csv', key: 'case', column: 'case_id' }`, or a list of them. A table is a `.csv` with a header (separated by
   * `,`, `;` or tabs), a `.jsonl` of an object a line, or a `.json` of an array of objects or of an object of objects by
   * what samples are found by. Keys are equal as texts, or as numbers where one side is a number. What is said later goes first,
   * key by key: captures, sidecars, the root file, these tables in order. @defaultValue none
   */
  readonly metadata?: MetadataOption | undefined;
  /** False to read no sidecars, which are a request each. @defaultValue true */
  readonly sidecars?: boolean | undefined;
  /**
   * Filter that keeps the samples for which it says true; called once a sample, in order, with its metadata and what else is
   * known of it. @defaultValue keeps all
   */
  readonly filterFn?: FilterFn | undefined;
  /**
   * Names of the point and cell arrays to read; a sample that has no array of such a name fails with a
   * `NotFoundError` that lists those it has. A graph of cells has cell arrays alone. @defaultValue all arrays
   */
  readonly includeAttributes?: readonly string[] | undefined;
  /**
   * Amount of a mesh on another machine that is fetched for `includeAttributes`: `'whole'` the file, `'partial'` only the
   * bytes of its points, its cells and these arrays, `'auto'` these bytes where that is faster by what downloads have
   * shown of latency and bandwidth. Files with data between their tags are fetched whole; `stats().partial` says how
   * many and why. Single parts have no checksum: what a source announces for a file is checked of whole ones only.
   * @defaultValue `'auto'`
   */
  readonly mode?: PartMode | undefined;
  /**
   * Rule that says which samples have the same mesh, points and cells bit by bit, as the steps of one simulation do: where single
   * arrays are fetched, it is fetched once. `true` for all of them, `'folder'` for those of one folder, or a function
   * that gives each sample's group, such as a checksum of the mesh in its metadata; undefined for a mesh of its own.
   * It is your word: headers, tables of blocks and a few places of each mesh are compared, and where they differ the
   * sample fails with a `ConfigError`. @defaultValue false: nothing proves it but all of its bytes
   */
  readonly sharedMesh?: SharedMesh | undefined;
  /**
   * Graph that is made of each mesh: its `'points'` are the nodes and the edges of its cells the edges, or its `'cells'`
   * are the nodes, each at the mean of its corners, with the arrays over cells; edges join cells of one dimension that
   * share a face, a side or, of curves, a point. Arrays over points are then neither fetched nor read. A part may say
   * otherwise. @defaultValue `'points'`
   */
  readonly graphOf?: GraphOf | undefined;
  /** True to map positions into the unit box; see `GraphData.normalization`. @defaultValue false */
  readonly normalize?: boolean | undefined;
  /**
   * Statistics as `measure` gives them, of these samples or of others, such as the ones that train: point and cell arrays
   * that they name are standardized where samples are decoded, `(x − mean) / std`, before the transforms; constant ones
   * are 0. Floats keep their type, integers become Float32; `GraphData.standardization` undoes it. @defaultValue none
   */
  readonly standardize?: Statistics | undefined;
  /**
   * Transform of each sample as it is read, before `transform`. A function runs on the calling thread; a module runs
   * where the sample is decoded, with workers on their threads. A module is given by its URL and exports a
   * function called as this option, or `default`, or as the URL's fragment says (`…/prepare.js#normalizePressure`);
   * the arrays that it returns must be the sample's own, since they move to the calling thread. `{ module, options }`
   * gives it options of its own, anything that structured cloning copies. The second argument says which sample it is
   * and has its random numbers, see {@link TransformContext}. @defaultValue none
   */
  readonly preTransform?: AnyTransform | undefined;
  /**
   * Transform of each sample that comes last; a function or a module as `preTransform`. A module runs on the calling thread if
   * `preTransform` is a function. @defaultValue none
   */
  readonly transform?: AnyTransform | undefined;
  /**
   * Request to keep samples in the cache as they are after `preTransform`, in safetensors files, to be read from there
   * instead of being decoded again. They are made anew when a sample's files, its parts, the arrays, `graphOf`, `normalize`, the URL or
   * the options of `preTransform` change; give a text of your own where something else changes what they are, as what a
   * `preTransform` that is a function does. @defaultValue false
   */
  readonly cacheDecoded?: boolean | string | undefined;
}

/** Dataset that was opened, as all that are made of it know it. */
interface ViewedDataset {
  /** Signal that aborts when it is closed. */
  readonly signal: AbortSignal;
  /** Datasets over its streamer that are open: they are closed with it. */
  readonly views: Set<{ close(): Promise<void> }>;
}

/** Parts that a dataset is made of. */
export interface DatasetParts {
  readonly options: VascuDatasetOptions;
  readonly streamer: DataStreamer;
  readonly catalogue: Catalogue;
  /** Samples of the catalogue as users see them. */
  readonly samples: readonly Sample[];
  /** Life of the dataset, which began with its opening. */
  readonly lifetime: Lifetime;
  /** Files of its samples, which close the streamer. */
  readonly files: SampleFiles;
  /** Files of all samples as the streamer brings them. */
  readonly streamed: StreamedFiles;
  /** Places of these samples among all of them. @defaultValue all */
  readonly places?: Uint32Array | undefined;
  /** Dataset of which this is one share, and which. @defaultValue it is none */
  readonly share?: { readonly shard: Shard; readonly whole: DatasetParts } | undefined;
  /** Samples that somebody waits for, in this dataset or one over the same streamer. */
  readonly demand: Demand;
  /** Samples in decoded form, where they are kept. */
  readonly decoded: DecodedFiles | undefined;
  /** Numbers by which arrays are standardized, where they are. */
  readonly scales: Scales | undefined;
  /** Dataset that was opened, and the views of it. */
  readonly root: ViewedDataset;
  /** True for a view: a dataset over the streamer of another one. @defaultValue false */
  readonly isView?: boolean | undefined;
  /** Reason why this streamer was chosen, a sentence. */
  readonly why: string;
}

const OPTIONS: readonly (keyof VascuDatasetOptions)[] = [
  'sourceDir',
  'include',
  'exclude',
  'samples',
  'metadata',
  'sidecars',
  'filterFn',
  'includeAttributes',
  'mode',
  'sharedMesh',
  'graphOf',
  'normalize',
  'standardize',
  'preTransform',
  'transform',
  'cacheDecoded',
];

/**
 * Opens the streamer that `options` ask for and lists its samples.
 *
 * @param owner - the class that is opened, as messages name it
 * @param more - names of options that it has beyond {@link VascuDatasetOptions}
 */
export async function openParts(
  owner: string,
  options: VascuDatasetOptions,
  more: readonly string[],
): Promise<DatasetParts> {
  const { sourceUrl, source } = options;
  if (sourceUrl === undefined && source === undefined) {
    throw new ConfigError(
      'sourceUrl',
      `${owner}.open needs sourceUrl, where the files lie, or source, a source of your own.`,
    );
  }
  rejectUnknownOptions(owner, options, [...placeOptionNames(), ...OPTIONS, ...more]);
  const { mode = 'auto' } = options;
  if (mode !== 'auto' && mode !== 'whole' && mode !== 'partial') {
    throw new ConfigError('mode', `There is no mode ${showValue(mode)}: use 'auto', 'whole' or 'partial'.`);
  }
  if (options.filterFn !== undefined && typeof options.filterFn !== 'function') {
    throw new ConfigError(
      'filterFn',
      `filterFn must be a function, not ${showValue(options.filterFn)}: compileFilter makes one of an expression.`,
    );
  }
  if (options.graphOf !== undefined) checkGraphOf(options.graphOf);
  sortTransforms(options);
  const own = { ...options, ...copyTransforms(options) };
  const scales = readScales(options.standardize);
  const { sidecars = true } = options;
  if (typeof sidecars !== 'boolean') {
    throw new ConfigError('sidecars', `sidecars must be true or false, not ${showValue(sidecars)}.`);
  }
  const rules = await readRules(options);
  const tables = await readTables(options);
  const { streamer, folder, why, kind } = await openPlace(options);
  const lifetime = new Lifetime('The dataset', options.signal);
  try {
    lifetime.signal.throwIfAborted();
    const { sourceDir = folder, filterFn, includeAttributes: attributes, graphOf } = options;
    const decoded = makeDecodedFiles(streamer, own);
    const wanted = { sourceDir, filterFn, rules, tables, sidecars };
    const catalogue = await findSamples(streamer, wanted, lifetime.signal);
    const samples = catalogue.table.toArray();
    const meshOwners = await findMeshOwners(catalogue.table, options.sharedMesh, lifetime.signal);
    const wish = { attributes, mode, meshOwners, graphOf };
    const streamed = new StreamedFiles(streamer, catalogue.table, wish);
    return {
      options: own,
      streamer,
      catalogue,
      samples,
      lifetime,
      files: streamed,
      streamed,
      demand: new Demand(),
      decoded,
      scales,
      root: { signal: lifetime.signal, views: new Set() },
      why,
    };
  } catch (error) {
    await lifetime.close(() => streamer.close());
    const guessed = (options.streamingType ?? 'auto') === 'auto' && kind?.name === 'local';
    if (guessed && isVascuError(error, 'NOT_FOUND') && !existsSync(sourceUrl ?? '')) {
      const advice =
        'For a NAS give streamingType: \'nas\', for a dataset of the Hub "hf://datasets/user/name".';
      throw new NotFoundError(`${error.message} It was taken as a folder: ${why}. ${advice}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** Reads which mesh files are samples; undefined where all of them are. Its code is loaded where there is something to read. */
async function readRules(options: VascuDatasetOptions): Promise<SampleRules | undefined> {
  const { include, exclude, samples } = options;
  if (include === undefined && exclude === undefined && samples === undefined) return undefined;
  const { SampleRules: Rules } = await import('./sample-selection.ts');
  return new Rules(options);
}

/** Reads which tables of metadata are joined. Their code is loaded where there are some. */
async function readTables({ metadata }: VascuDatasetOptions): Promise<readonly TableRequest[]> {
  if (metadata === undefined) return [];
  const { parseTables } = await import('./tables/table-options.ts');
  return parseTables(metadata);
}
