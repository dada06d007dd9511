import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { Lifetime } from '../core/lifetime.ts';
import type { Shard } from '../core/shard.ts';
import { showValue } from '../core/show-value.ts';
import type { Statistics } from '../core/statistics.ts';
import { checkGraphOf } from '../graph/check-graph-of.ts';
import { readScales } from '../graph/standardize.ts';
import type { DatasetParts } from './dataset-parts.ts';
import { makeDecodedFiles } from './decoded-files.ts';
import { lazyArray } from './lazy-array.ts';
import { PickedFiles } from './picked-files.ts';
import { checkIndex, type SampleFiles } from './sample-files.ts';

/** Samples that are chosen of a dataset: their indices, or a function that says it of each. */
export type Chosen = Iterable<number> | ((sample: Sample, index: number) => boolean);

/** Options of a dataset that another one over the same samples may have. */
export interface ViewOptions {
  /** Statistics by which arrays are standardized, as the option of a dataset; undefined: they are not. */
  readonly standardize?: Statistics | undefined;
  /** Names of the arrays to read, and the graph that is made of a mesh, as the options of a dataset. */
  readonly includeAttributes?: readonly string[] | undefined;
  readonly graphOf?: GraphOf | undefined;
}

/**
 * Finds the indices of chosen samples: in the order in which they are given, or that of the dataset.
 *
 * @throws RangeError for an index that the dataset does not have
 * @throws ConfigError (option `subset`) for anything that chooses no samples, and for an index given twice
 */
export function chooseSamples(samples: readonly Sample[], chosen: Chosen): Uint32Array {
  if (typeof chosen === 'function') {
    const kept: number[] = [];
    for (let index = 0; index < samples.length; index++) {
      const answer: unknown = chosen(samples[index] as Sample, index);
      if (typeof answer !== 'boolean') throw noAnswer(samples[index] as Sample, answer);
      if (answer) kept.push(index);
    }
    return Uint32Array.from(kept);
  }
  if (typeof chosen === 'string' || typeof chosen?.[Symbol.iterator] !== 'function') {
    throw new ConfigError(
      'subset',
      `subset needs indices of samples, or a function that says of each sample whether it belongs, not ${showValue(chosen)}.`,
    );
  }
  const indices = [...chosen];
  const seen = new Set<number>();
  for (const index of indices) {
    checkIndex(index, samples.length);
    if (seen.has(index)) {
      throw new ConfigError(
        'subset',
        `The sample ${index} is given twice: a subset has each once. For samples that come several times an epoch give the loader a sampler.`,
      );
    }
    seen.add(index);
  }
  return Uint32Array.from(indices);
}

/** Makes the parts of a dataset of some samples of another one, over the same streamer. */
export function pickParts(parts: DatasetParts, indices: Uint32Array): DatasetParts {
  const { catalogue, samples } = parts;
  const table = catalogue.table.pick(indices);
  const places =
    parts.places === undefined ? indices : indices.map((index) => parts.places?.[index] as number);
  return viewOf(parts, {
    catalogue: { ...catalogue, table },
    samples: lazyArray(indices.length, (index) => samples[indices[index] as number] as Sample),
    places,
  });
}

/**
 * Makes the parts of a dataset of one share of the samples, which remembers of what it is a share.
 *
 * @throws ConfigError (option `shard`) for what is no share
 */
export function shareParts(parts: DatasetParts, shard: Shard): DatasetParts {
  if (typeof shard?.choose !== 'function') {
    throw new ConfigError(
      'shard',
      `shard needs a Shard, as new Shard({ index, count }) makes it, not ${showValue(shard)}.`,
    );
  }
  const share = pickParts(parts, shard.choose(parts.catalogue.table));
  // A share of a share is one of what the first was made of, and no rule says which.
  return parts.share === undefined ? { ...share, share: { shard, whole: parts } } : share;
}

/**
 * Makes the parts of a dataset of the same samples with other options, over the same streamer.
 *
 * @throws ConfigError for an option that cannot be changed, or not be used
 */
export function changeParts(parts: DatasetParts, changes: ViewOptions): DatasetParts {
  rejectUnknownOptions('with', changes, ['standardize', 'includeAttributes', 'graphOf']);
  if (changes.graphOf !== undefined) checkGraphOf(changes.graphOf);
  const options = { ...parts.options, ...changes };
  const scales = readScales(options.standardize);
  const { share } = parts;
  const { includeAttributes: attributes, graphOf } = options;
  return viewOf(parts, {
    options,
    streamed: parts.streamed.withWish({ attributes, graphOf }),
    scales,
    decoded: makeDecodedFiles(parts.streamer, options),
    share: share && { ...share, whole: changeParts(share.whole, changes) },
  });
}

function viewOf(parts: DatasetParts, changes: Partial<DatasetParts>): DatasetParts {
  // What chooses among the samples of a share makes no share of the whole.
  const view = { ...parts, share: undefined, ...changes };
  const lifetime = new Lifetime('The dataset', parts.root.signal);
  return { ...view, lifetime, files: viewFiles(view.streamed.withWish({}), view.places), isView: true };
}

/** Makes the files of some samples, of which the streamer is not closed. */
export function viewFiles(files: SampleFiles, places: Uint32Array | undefined): SampleFiles {
  return places === undefined ? files : new PickedFiles(files, places);
}

function noAnswer({ id }: Sample, answer: unknown): ConfigError {
  return new ConfigError(
    'subset',
    `The function of subset gave ${showValue(answer)} for the sample ${id}: it must say true or false, at once.`,
  );
}
