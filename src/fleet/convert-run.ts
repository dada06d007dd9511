import { isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import type { Shard } from '../core/shard.ts';
import { checkFiles } from './check-files.ts';
import type { ConvertDatasetOptions, ConvertReport, UnconvertedSample } from './convert-options.ts';
import type { DatasetReader } from './dataset-reader.ts';
import { type FailedSample, makeResult } from './make-result.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { ManifestPart } from './manifest-part.ts';
import { mergeManifest } from './merge-manifest.ts';
import type { ResultFolder } from './result-folder.ts';
import type { ResultOptions } from './result-options.ts';
import { estimateTarRatio } from './tar-ratio.ts';
import { findUntold, findWorkLeft } from './work-left.ts';
import { listDigest, planUnits, shareOf, type WorkUnit } from './work-unit.ts';

/** Failures of the network one after the other, without a success, after which nothing more is tried. */
const MAX_FAILURES = 8;

/** Means of a run. */
export interface ConvertRunOptions {
  readonly reader: DatasetReader;
  readonly folder: ResultFolder;
  readonly options: ResultOptions;
  /** Share that is made; undefined for all. */
  readonly share: Shard | undefined;
  readonly jobs: number;
  readonly flags: Pick<ConvertDatasetOptions, 'dryRun' | 'verify' | 'prune' | 'force' | 'onProgress'>;
  bytesFetched(): number;
  readonly signal: AbortSignal | undefined;
}

/** One call of `convertDataset`: what is left of its share is made, and the manifest merged where it is the last. */
export class ConvertRun {
  readonly #given: ConvertRunOptions;
  #units: readonly WorkUnit[] = [];
  #own: readonly WorkUnit[] = [];
  readonly #at = Date.now();
  readonly #failed: FailedSample[] = [];
  #part: Promise<ManifestPart> | undefined;
  #samples = 0;
  #skipped = 0;
  #converted = 0;
  #failures = 0;

  constructor(given: ConvertRunOptions) {
    this.#given = given;
  }

  async run(): Promise<ConvertReport> {
    const { folder, options, flags, signal } = this.#given;
    const before = await readManifest(folder);
    await this.#plan(before);
    const known = await checkFiles(folder, before.lines, this.#own, {
      verify: flags.verify === true,
      signal,
    });
    const { left, done } =
      flags.force === true ? { left: this.#own, done: 0 } : findWorkLeft(this.#own, options, known);
    this.#skipped = done;
    const vanished = this.#given.reader.vanishedOf(before.lines.keys());
    if (flags.dryRun === true) {
      this.#converted = this.#samples - done;
      const ids = left.flatMap(({ samples }) => samples.map(({ id }) => id)).sort();
      return { ...this.#report(vanished, []), left: ids };
    }
    this.#tell();
    // From the beginning, so that others see that somebody is at work.
    if (left.length > 0) await this.#openPart();
    try {
      await mapLimited(left, this.#given.jobs, (unit) => this.#make(unit));
    } catch (error) {
      // What is done so far counts: the part stays.
      await (await this.#part)?.[Symbol.asyncDispose]();
      throw error;
    }
    const missing = await this.#finish(before, vanished);
    return this.#report(vanished, missing);
  }

  async #plan({ lines }: Manifest): Promise<void> {
    const { reader, options, share, signal } = this.#given;
    const { samples } = reader;
    const isTar = options.to === 'webdataset';
    const ratio = isTar ? await estimateTarRatio(samples, { reader, options, lines, signal }) : undefined;
    this.#units = planUnits(samples, options, ratio);
    this.#own = share === undefined ? this.#units : shareOf(this.#units, share);
    this.#samples = this.#own.reduce((sum, unit) => sum + unit.samples.length, 0);
  }

  async #make(unit: WorkUnit): Promise<void> {
    const { signal } = this.#given;
    signal?.throwIfAborted();
    const { lines, failed } = await makeResult(unit, this.#given, signal);
    await (await this.#openPart()).append(lines);
    this.#converted += unit.samples.length - failed.length;
    this.#failed.push(...failed);
    const network = failed.find(({ error }) => isVascuError(error, 'NETWORK'));
    if (failed.length < unit.samples.length) this.#failures = 0;
    else if (network !== undefined && ++this.#failures >= MAX_FAILURES) throw network.error;
    this.#tell();
  }

  #openPart(): Promise<ManifestPart> {
    const { folder, share } = this.#given;
    this.#part ??= ManifestPart.open(folder, {
      at: this.#at,
      list: listDigest(this.#units),
      shard: share?.toString(),
    });
    return this.#part;
  }

  /** Ends the own part, and merges where nobody else has anything to do. @returns ids that no share has made */
  async #finish(before: Manifest, vanished: readonly string[]): Promise<readonly string[]> {
    const { folder, options, share, flags, reader, signal } = this.#given;
    const isFirstEnd = share !== undefined && this.#part === undefined && !this.#hasEnded(before);
    const isWhole = findUntold(this.#units, options, before.lines).length === 0;
    // A share without anything to do says so, too.
    if (isFirstEnd && !isWhole) await this.#openPart();
    await (await this.#part)?.end();
    const now = this.#part === undefined ? before : await readManifest(folder);
    const untold = findUntold(this.#units, options, now.lines);
    const isLast = share === undefined || untold.length === 0 || haveAllEnded(now, share);
    if (!isLast) return [];
    await mergeManifest(folder, {
      metadataOf: (id) => reader.metadata(id),
      removed: flags.prune === true ? new Set(vanished) : undefined,
      signal,
    });
    return untold;
  }

  /** Tells whether a part says that this share was at its end before, of the same list. */
  #hasEnded({ parts }: Manifest): boolean {
    const shard = this.#given.share?.toString();
    const list = listDigest(this.#units);
    return parts.some(({ head, isEnded }) => isEnded && head?.shard === shard && head?.list === list);
  }

  #report(vanished: readonly string[], missing: readonly string[]): ConvertReport {
    return {
      samples: this.#samples,
      converted: this.#converted,
      skipped: this.#skipped,
      failed: this.#failed.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(toUnconverted),
      bytesFetched: this.#given.bytesFetched(),
      ...(vanished.length > 0 && { vanished }),
      ...(missing.length > 0 && { missing }),
    };
  }

  #tell(): void {
    const failed = this.#failed.length;
    this.#given.flags.onProgress?.({
      samples: this.#samples,
      done: this.#skipped + this.#converted + failed,
      converted: this.#converted,
      failed,
      bytesFetched: this.#given.bytesFetched(),
    });
  }
}

/** Tells whether all shares have come to their end, whatever list they had, and nobody is at work. */
function haveAllEnded({ parts }: Manifest, { count }: Shard): boolean {
  if (parts.some(({ isClosed }) => !isClosed)) return false;
  const ended = new Set(
    parts.flatMap(({ head, isEnded }) => {
      const [index, of] = (head?.shard ?? '').split('/');
      return isEnded && Number(of) === count ? [Number(index)] : [];
    }),
  );
  return ended.size === count;
}

/** Describes a failure by its code and message. */
function toUnconverted({ id, error }: { readonly id: string; readonly error: unknown }): UnconvertedSample {
  const message = error instanceof Error ? error.message : String(error);
  return { id, code: isVascuError(error) ? error.code : 'ERROR', message };
}
