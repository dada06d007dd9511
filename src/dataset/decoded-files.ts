import { createHash } from 'node:crypto';
import { serialize } from 'node:v8';
import { ConfigError } from '../core/errors.ts';
import { Fingerprint } from '../core/fingerprint.ts';
import type { GraphOf } from '../core/graph.ts';
import type { HeldFile } from '../core/held-file.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry } from '../core/source.ts';
import type { Statistics } from '../core/statistics.ts';
import { describeScales, readScales } from '../graph/standardize.ts';
import type { AnyTransform } from '../graph/transform.ts';
import type { SampleRun } from '../graph/transform-context.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';

/** Options that a decoded sample depends on beside its files. */
export interface DecodingOptions {
  readonly attributes: readonly string[] | undefined;
  readonly normalize: boolean;
  /** URL of the module of `preTransform`, if it is one. */
  readonly preTransform: string | undefined;
  /** Text of the options that the module was given, and of whatever else a sample hangs on. */
  readonly more: readonly string[];
  /** Name that the user gives to this way of decoding. */
  readonly label: string;
  /** True when there is a `preTransform`. */
  readonly mayBeRandom: boolean;
  /** True when samples are steps, several of which may have the same files. @defaultValue false */
  readonly areSteps?: boolean | undefined;
}

/** Sample that asks for its decoded form: what is made of random numbers, or of the index, is another one for each. */
export type KeptFor = Pick<SampleRun, 'index' | 'seed'> & Partial<Pick<SampleRun, 'id'>>;

/** Decoded sample as it is kept. */
export interface KeptSample {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** True when it was made of random numbers, or of the sample's index. */
  readonly isRandom: boolean;
}

/**
 * Version of the way in which this package makes decoded samples. 2: with edge and graph values. 3: with what a
 * `preTransform` changed of id and metadata.
 */
const FORMAT_VERSION = 3;

/**
 * Decoded samples in the cache, as safetensors files: found again as long as the sample's files, the options of
 * decoding and this package's way of it are the same.
 */
export class DecodedFiles {
  readonly #streamer: DataStreamer;
  readonly #options: string;
  readonly #areSteps: boolean;
  /** True when a transform comes before, which may make its results of random numbers. */
  readonly #mayBeRandom: boolean;

  constructor(
    streamer: DataStreamer,
    { attributes, normalize, preTransform, label, more, mayBeRandom, areSteps = false }: DecodingOptions,
  ) {
    this.#streamer = streamer;
    this.#mayBeRandom = mayBeRandom;
    this.#areSteps = areSteps;
    this.#options = JSON.stringify([
      FORMAT_VERSION,
      attributes ?? null,
      normalize,
      preTransform ?? null,
      label,
      ...more,
    ]);
  }

  /** Holds the decoded sample; undefined where it is not kept. */
  async open(
    files: readonly FileEntry[],
    sample: KeptFor,
    signal: AbortSignal,
  ): Promise<HeldFile | undefined> {
    const { id } = sample;
    const [name, version] = [this.#nameOf(files, id), this.#versionOf(files, id)];
    const found = await this.#streamer.openKept(name, version, { signal });
    if (found !== undefined || !this.#mayBeRandom) return found;
    const own = [this.#nameOf(files, id, sample), this.#versionOf(files, id, sample)] as const;
    return this.#streamer.openKept(...own, { signal });
  }

  /** Says whether the decoded sample is there. */
  async isKept(files: readonly FileEntry[], sample: KeptFor, signal: AbortSignal): Promise<boolean> {
    const held = await this.open(files, sample, signal);
    held?.release();
    return held !== undefined;
  }

  /** Keeps a decoded sample, where there is room for it. */
  async keep(files: readonly FileEntry[], { bytes, isRandom, ...run }: KeptSample & KeptFor): Promise<void> {
    const sample = isRandom ? run : undefined;
    const { id } = run;
    const [name, version] = [this.#nameOf(files, id, sample), this.#versionOf(files, id, sample)];
    await this.#streamer.keep(name, version, bytes);
  }

  #nameOf([mesh]: readonly FileEntry[], id: string | undefined, sample?: KeptFor): string {
    const step = this.#areSteps && id !== undefined ? `.${id}` : '';
    const random = sample === undefined ? '' : `.${sample.seed}.${sample.index}`;
    return `${mesh?.path ?? ''}${step}${random}.safetensors`;
  }

  #versionOf(files: readonly FileEntry[], id: string | undefined, sample?: KeptFor): string {
    const fingerprint = new Fingerprint().addText(this.#options);
    if (this.#areSteps) fingerprint.addText(id ?? '');
    if (sample !== undefined) fingerprint.addInteger(sample.seed).addInteger(sample.index);
    for (const { path, version } of files) fingerprint.addText(path).addText(version);
    // The versions themselves as well: a fingerprint alone could meet another.
    return `${fingerprint.toString()} ${files[0]?.version ?? ''}`;
  }
}

/** The options of a dataset that say what its samples are. */
interface KeepOptions {
  readonly cacheDecoded?: boolean | string | undefined;
  readonly includeAttributes?: readonly string[] | undefined;
  readonly normalize?: boolean | undefined;
  readonly graphOf?: GraphOf | undefined;
  readonly standardize?: Statistics | undefined;
  readonly preTransform?: AnyTransform | undefined;
  /** Parts of samples: other ones are other samples of the same files. */
  readonly samples?: unknown;
  /** Steps of samples: other windows are other samples of the same files. */
  readonly time?: unknown;
}

/**
 * Makes what keeps decoded samples, where they are to be kept.
 *
 * @throws ConfigError where what a function does could change without notice
 */
export function makeDecodedFiles(streamer: DataStreamer, options: KeepOptions): DecodedFiles | undefined {
  const {
    cacheDecoded = false,
    includeAttributes,
    normalize = false,
    graphOf,
    standardize,
    preTransform,
    samples,
    time = false,
  } = options;
  if (cacheDecoded === false) return undefined;
  if (typeof preTransform === 'function' && typeof cacheDecoded !== 'string') {
    throw new ConfigError(
      'cacheDecoded',
      "With a preTransform that is a function, give cacheDecoded a text that you change whenever the function does, such as cacheDecoded: 'v1': nothing else tells what it does.",
    );
  }
  const isModule = typeof preTransform === 'object' && 'module' in preTransform;
  const url = isModule ? preTransform.module : preTransform;
  const own = isModule && preTransform.options !== undefined ? [describeOptions(preTransform.options)] : [];
  const scales = readScales(standardize);
  const scaled = scales === undefined ? [] : [`standardize ${describeScales(scales)}`];
  const parts = typeof samples === 'object' ? [JSON.stringify(samples)] : [];
  return new DecodedFiles(streamer, {
    attributes: includeAttributes?.toSorted(),
    normalize,
    preTransform: typeof url === 'function' ? undefined : url?.toString(),
    label: String(cacheDecoded),
    more: [
      ...own,
      ...parts,
      ...(time === false ? [] : [`time ${JSON.stringify(time)}`]),
      ...(graphOf === 'cells' ? [`graphOf ${graphOf}`] : []),
      ...scaled,
    ],
    mayBeRandom: preTransform !== undefined,
    areSteps: time !== false,
  });
}

/** Kinds of objects that are written with all that they hold, by what `Object.prototype.toString` says of them. */
const WRITTEN_KINDS: ReadonlySet<string> = new Set(
  'Object Array Map Set Date RegExp Error ArrayBuffer Boolean Number String BigInt'.split(' '),
);

/**
 * Writes a value that structured cloning copies as a text that is another one for another value.
 *
 * @throws ConfigError for a value whose content cannot be told from that of another one
 */
function describeOptions(value: unknown): string {
  const found = findOpaque(value, new Set());
  if (found === undefined) return createHash('sha256').update(serialize(value)).digest('base64');
  throw new ConfigError(
    'cacheDecoded',
    `The options of preTransform hold ${showValue(found)}, and cacheDecoded cannot tell one from another: give numbers, texts, typed arrays, and lists and objects of them, or open the dataset without cacheDecoded.`,
  );
}

/** Finds an object in a value that would be written without its content, or not at all. */
function findOpaque(value: unknown, seen: Set<unknown>): unknown {
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return findOpaque(value.buffer, seen);
  if (!WRITTEN_KINDS.has(Object.prototype.toString.call(value).slice(8, -1))) return value;
  const inner =
    value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
  for (const each of inner) {
    const found = findOpaque(each, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
