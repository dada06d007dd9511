import { ConfigError } from '../core/errors.ts';
import { Fingerprint } from '../core/fingerprint.ts';
import type { HeldFile } from '../core/held-file.ts';
import type { FileEntry } from '../core/source.ts';
import type { Statistics } from '../core/statistics.ts';
import type { Transform } from '../decode/transform.ts';
import { describeScales, readScales } from '../graph/standardize.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';

/** Options that a decoded sample depends on beside its files. */
export interface DecodingOptions {
  readonly attributes: readonly string[] | undefined;
  readonly normalize: boolean;
  /** Text that tells by which numbers arrays are standardized; undefined where they are not. */
  readonly standardize?: string | undefined;
  /** URL of the module of `preTransform`, if it is one. */
  readonly preTransform: string | undefined;
  /** Name that the user gives to this way of decoding. */
  readonly label: string;
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

  constructor(streamer: DataStreamer, options: DecodingOptions) {
    const { attributes, normalize, standardize, preTransform, label } = options;
    this.#streamer = streamer;
    this.#options = JSON.stringify([
      FORMAT_VERSION,
      attributes ?? null,
      normalize,
      preTransform ?? null,
      label,
      ...(standardize === undefined ? [] : [standardize]),
    ]);
  }

  /** Holds the decoded sample; undefined where it is not kept. */
  open(files: readonly FileEntry[], signal: AbortSignal): Promise<HeldFile | undefined> {
    return this.#streamer.openKept(this.#nameOf(files), this.#versionOf(files), { signal });
  }

  /** Says whether the decoded sample is there. */
  async isKept(files: readonly FileEntry[], signal: AbortSignal): Promise<boolean> {
    const held = await this.open(files, signal);
    held?.release();
    return held !== undefined;
  }

  /** Keeps a decoded sample, where there is room for it. */
  async keep(
    files: readonly FileEntry[],
    bytes: Uint8Array<ArrayBuffer>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#streamer.keep(this.#nameOf(files), this.#versionOf(files), bytes, { signal });
  }

  #nameOf([mesh]: readonly FileEntry[]): string {
    return `${mesh?.path ?? ''}.safetensors`;
  }

  #versionOf(files: readonly FileEntry[]): string {
    const fingerprint = new Fingerprint().addText(this.#options);
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
  readonly standardize?: Statistics | undefined;
  readonly preTransform?: Transform | string | URL | undefined;
}

/**
 * Makes what keeps decoded samples, where they are to be kept.
 *
 * @throws ConfigError where what a function does could change without notice
 */
export function makeDecodedFiles(streamer: DataStreamer, options: KeepOptions): DecodedFiles | undefined {
  const { cacheDecoded = false, includeAttributes, normalize = false, standardize, preTransform } = options;
  if (cacheDecoded === false) return undefined;
  if (typeof preTransform === 'function' && typeof cacheDecoded !== 'string') {
    throw new ConfigError(
      'cacheDecoded',
      "With a preTransform that is a function, give cacheDecoded a text that you change whenever the function does, such as cacheDecoded: 'v1': nothing else tells what it does.",
    );
  }
  const scales = readScales(standardize);
  return new DecodedFiles(streamer, {
    attributes: includeAttributes?.toSorted(),
    normalize,
    standardize: scales && describeScales(scales),
    preTransform: typeof preTransform === 'function' ? undefined : preTransform?.toString(),
    label: String(cacheDecoded),
  });
}
