import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { ConfigError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import { showValue } from '../core/show-value.ts';
import type { VascuDatasetOptions } from '../dataset/dataset-parts.ts';
import { describeScales, readScales } from '../graph/standardize.ts';
import type { AnyTransform } from '../graph/transform.ts';
import type { WriteOptions } from '../mesh/write-mesh.ts';

/** Form of results: a mesh or a graph a sample, or tars of many graphs. */
export type ResultKind = 'vtu' | 'vtp' | 'safetensors' | 'webdataset';

/** Forms of results. */
const RESULT_KINDS: readonly ResultKind[] = ['vtu', 'vtp', 'safetensors', 'webdataset'];

/**
 * Options that decide what the results of a sample are, as the manifest and jobs have them: plain JSON, of which what is left
 * out has no part in the result. Equal options give equal bytes.
 */
export interface ResultOptions {
  readonly to: ResultKind;
  /** Names of the arrays, sorted; all where left out. */
  readonly attributes?: readonly string[] | undefined;
  /** Encoding and compressor of meshes. */
  readonly encoding?: NonNullable<WriteOptions['encoding']> | undefined;
  readonly compressor?: 'zlib' | 'none' | undefined;
  /** Options of graphs as their dataset has them; transforms by URL, statistics and options of transforms by a digest. */
  readonly graphOf?: GraphOf | undefined;
  readonly normalize?: true | undefined;
  readonly standardize?: string | undefined;
  readonly preTransform?: string | undefined;
  readonly transform?: string | undefined;
  /** Size of a tar, bytes, and the seed of the order of samples in tars where they are shuffled. */
  readonly shardSize?: number | undefined;
  readonly seed?: number | undefined;
}

/** Options of results as they are given. */
export interface GivenResultOptions {
  readonly to: ResultKind;
  readonly encoding?: WriteOptions['encoding'];
  readonly compressor?: 'zlib' | 'none' | undefined;
  readonly shardSize?: number | undefined;
  readonly shuffle?: boolean | undefined;
  readonly seed?: number | undefined;
}

/** Size of a tar, bytes, where none is given. */
const SHARD_BYTES = 256 * 1024 ** 2;

/** Names of the encodings of meshes. */
const ENCODINGS: readonly NonNullable<WriteOptions['encoding']>[] = ['raw', 'base64', 'inline', 'ascii'];

/**
 * Makes the options of results of what was given and of the options of the dataset.
 *
 * @throws ConfigError for an option that cannot be used, or does not go with the form
 */
export function readResultOptions(given: GivenResultOptions, dataset: VascuDatasetOptions): ResultOptions {
  const { to } = given;
  if (!RESULT_KINDS.includes(to)) {
    throw new ConfigError(
      'to',
      `There is no form ${showValue(to)} of results: use ${RESULT_KINDS.join(', ')}.`,
    );
  }
  const { includeAttributes } = dataset;
  const attributes = includeAttributes === undefined ? {} : { attributes: includeAttributes.toSorted() };
  if (to === 'vtu' || to === 'vtp') {
    refuse(given, to, ['shardSize', 'shuffle', 'seed']);
    refuseGraphOptions(dataset, to);
    return { to, ...attributes, ...readEncoding(given) };
  }
  refuse(given, to, ['encoding', 'compressor']);
  if (to === 'safetensors') refuse(given, to, ['shardSize', 'shuffle', 'seed']);
  const graph = { to, ...attributes, ...readGraphOptions(dataset) };
  return to === 'safetensors' ? graph : { ...graph, ...readTarOptions(given) };
}

/** Writes options as a text: equal options have equal texts. */
export function describeOptions(options: ResultOptions): string {
  return JSON.stringify(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** @throws ConfigError for an option that does not go with the form of results */
function refuse(
  given: GivenResultOptions,
  to: ResultKind,
  names: readonly (keyof GivenResultOptions)[],
): void {
  const name = names.find((each) => given[each] !== undefined && given[each] !== false);
  if (name === undefined) return;
  const fitting = name === 'encoding' || name === 'compressor' ? 'vtu and vtp' : 'webdataset';
  throw new ConfigError(name, `${name} is an option of ${fitting} alone, and results are to be ${to}.`);
}

function refuseGraphOptions(dataset: VascuDatasetOptions, to: ResultKind): void {
  const { graphOf, normalize, standardize, preTransform, transform } = dataset;
  const options = { graphOf, normalize: normalize || undefined, standardize, preTransform, transform };
  const [name] = Object.entries(options).find(([, value]) => value !== undefined) ?? [];
  if (name !== undefined && !(name === 'graphOf' && graphOf === 'points')) {
    throw new ConfigError(
      name,
      `${name} changes graphs, and results are to be meshes (${to}): use safetensors or webdataset.`,
    );
  }
}

function readEncoding({
  encoding = 'raw',
  compressor = encoding === 'ascii' ? 'none' : 'zlib',
}: GivenResultOptions): Pick<ResultOptions, 'encoding' | 'compressor'> {
  if (!ENCODINGS.includes(encoding))
    throw new ConfigError(
      'encoding',
      `There is no encoding ${showValue(encoding)}: use ${ENCODINGS.join(', ')}.`,
    );
  if (compressor !== 'zlib' && compressor !== 'none')
    throw new ConfigError('compressor', `There is no compressor ${showValue(compressor)}: use zlib or none.`);
  if (encoding === 'ascii' && compressor === 'zlib')
    throw new ConfigError('compressor', "Text (encoding 'ascii') is not compressed: use compressor 'none'.");
  return { encoding, compressor };
}

function readGraphOptions({
  graphOf,
  normalize,
  standardize,
  preTransform,
  transform,
}: VascuDatasetOptions): Partial<ResultOptions> {
  const scales = readScales(standardize);
  return {
    ...(graphOf === 'cells' ? { graphOf } : {}),
    ...(normalize === true ? { normalize } : {}),
    ...(scales === undefined ? {} : { standardize: digestOf(describeScales(scales)) }),
    ...(preTransform === undefined ? {} : { preTransform: describeTransform('preTransform', preTransform) }),
    ...(transform === undefined ? {} : { transform: describeTransform('transform', transform) }),
  };
}

function readTarOptions({
  shardSize = SHARD_BYTES,
  shuffle = false,
  seed = 0,
}: GivenResultOptions): Pick<ResultOptions, 'shardSize' | 'seed'> {
  if (!Number.isSafeInteger(shardSize) || shardSize < 1)
    throw new ConfigError(
      'shardSize',
      `shardSize must be a number of bytes from 1 on, not ${showValue(shardSize)}.`,
    );
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ConfigError('seed', `seed must be a whole number from 0 on, not ${showValue(seed)}.`);
  return { shardSize, ...(shuffle ? { seed } : {}) };
}

/**
 * Describes a transform by what tells it from others.
 *
 * @throws ConfigError for a function
 */
function describeTransform(option: 'preTransform' | 'transform', transform: AnyTransform): string {
  if (typeof transform === 'function') {
    throw new ConfigError(
      option,
      `${option} is a function, and nothing tells whether results were made by the same one: give a module by its URL.`,
    );
  }
  if (typeof transform !== 'object' || transform instanceof URL) return String(transform);
  const { module, options } = transform;
  return options === undefined ? String(module) : `${String(module)} ${digestOf(serialize(options))}`;
}

function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
