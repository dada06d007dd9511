import { setTimeout as delay } from 'node:timers/promises';
import { abortable } from '../core/abort.ts';
import type { VascuDataset } from '../dataset/vascu-dataset.ts';
import { checkFiles } from '../fleet/check-files.ts';
import type { ConvertProgress, ConvertReport, UnconvertedSample } from '../fleet/convert-options.ts';
import { DatasetReader } from '../fleet/dataset-reader.ts';
import { makeMark } from '../fleet/folder-mark.ts';
import { type Manifest, readManifest } from '../fleet/manifest.ts';
import { isOf, type ManifestError, type ManifestLine } from '../fleet/manifest-line.ts';
import { ManifestPart, readParts } from '../fleet/manifest-part.ts';
import { mergeManifest } from '../fleet/merge-manifest.ts';
import { PartTails } from '../fleet/part-tails.ts';
import { ResultFolder } from '../fleet/result-folder.ts';
import { describeOptions, type ResultOptions, readResultOptions } from '../fleet/result-options.ts';
import { requireOutside } from '../fleet/source-folder.ts';
import { findWorkLeft } from '../fleet/work-left.ts';
import { listDigest, planUnits, type SourceSample, type WorkUnit } from '../fleet/work-unit.ts';
import type { FleetQueue, JobCounts } from './fleet-queue.ts';
import {
  type FleetJob,
  type FleetPlan,
  jobId,
  makePlan,
  type PlannedResults,
  type PlannedSource,
  planId,
  unitDigest,
} from './job-data.ts';
import { isOutOfMemory } from './redis-connection.ts';

/** Pause between two looks at the queue and the manifest, milliseconds. */
const LOOK_MS = 500;
/** Pause between two words of the fleet in Redis, milliseconds. */
const WORD_MS = 5_000;
/** Jobs that are put in at a time. */
const ADD_JOBS = 500;
/** Number of looks at an empty queue after which what is not done is put in again: a result is told before its job is taken out. */
const EMPTY_LOOKS = 2;
/** Longest wait for workers to close their parts of the manifest, milliseconds. */
const CLOSING_MS = 5_000;

/** Options of {@link runFleet}. */
export interface FleetOptions {
  readonly source: PlannedSource;
  readonly results: PlannedResults;
  /** Most jobs that are in Redis. */
  readonly ahead: number;
  /** Tries of a sample where the network fails. */
  readonly attempts: number;
  readonly verify?: boolean | undefined;
  readonly prune?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly onProgress?: ((progress: ConvertProgress & Omit<JobCounts, 'failed'>) => void) | undefined;
  readonly onRemark?: ((sentence: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes workers convert all samples of a dataset into a directory, by jobs in a queue: what the manifest says is done. What
 * the queue loses is put in again. Ends when all is done; ended before, the same call goes on.
 *
 * @throws ConfigError for an option that cannot be used, or a directory that cannot be written into
 */
export async function runFleet(
  dataset: VascuDataset,
  directory: string,
  queue: FleetQueue,
  options: FleetOptions,
): Promise<ConvertReport> {
  const { source, results: given, signal } = options;
  const { attributes, graphOf } = given;
  const changes = { ...(attributes && { includeAttributes: attributes }), ...(graphOf && { graphOf }) };
  await using view = dataset.with(changes);
  const results = readResultOptions(given, view.facts.options);
  await requireOutside(view, directory, results, signal);
  const folder = await ResultFolder.open(directory);
  // Nothing is read of the samples here.
  await using reader = new DatasetReader(view, results, 1);
  const mark = await makeMark(folder);
  const plan = makePlan({ mark, directory: folder.path, source, results: given });
  return await new FleetRun({ reader, folder, results, plan, queue, options }).run();
}

/** Means of a run. */
interface FleetRunOptions {
  readonly reader: DatasetReader;
  readonly folder: ResultFolder;
  readonly results: ResultOptions;
  readonly plan: FleetPlan;
  readonly queue: FleetQueue;
  readonly options: FleetOptions;
}

/** Unit that is not done, and its samples that are not told of. */
interface Pending {
  readonly unit: WorkUnit;
  readonly untold: Map<string, SourceSample>;
}

/** One call of {@link runFleet}. */
class FleetRun {
  readonly #given: FleetRunOptions;
  readonly #planId: string;
  readonly #units: readonly WorkUnit[];
  readonly #list: string;
  readonly #text: string;
  readonly #at = Date.now();
  readonly #tails: PartTails;
  /** Work that is not done, by the id of its job, in the order in which it is put in. */
  readonly #pending = new Map<string, Pending>();
  readonly #jobOf = new Map<string, string>();
  readonly #failed = new Map<string, UnconvertedSample>();
  /** Jobs that are to be put in. */
  #waiting: string[] = [];
  #samples = 0;
  #skipped = 0;
  #converted = 0;
  #ahead: number;
  /** Number of dead letters at the last look: all of them are fetched only where there is another one. */
  #dead = 0;
  #emptyLooks = 0;
  #wordMs = -Infinity;
  #hasToldFull = false;
  #part: ManifestPart | undefined;

  constructor(given: FleetRunOptions) {
    this.#given = given;
    this.#planId = planId(given.plan);
    this.#units = planUnits(given.reader.samples, given.results);
    this.#list = listDigest(this.#units);
    this.#text = describeOptions(given.results);
    this.#tails = new PartTails(given.folder);
    this.#ahead = given.options.ahead;
    this.#samples = this.#units.reduce((sum, { samples }) => sum + samples.length, 0);
  }

  async run(): Promise<ConvertReport> {
    const { folder, results, reader, queue, options } = this.#given;
    const { signal, verify = false, force = false } = options;
    // First: what comes while the manifest is read is read again.
    await this.#tails.read();
    const before = await readManifest(folder);
    const known = await checkFiles(folder, before.lines, this.#units, { verify, signal });
    const { left, done } = force ? { left: this.#units, done: 0 } : findWorkLeft(this.#units, results, known);
    this.#skipped = done;
    for (const unit of left) this.#expect(unit);
    const vanished = reader.vanishedOf(before.lines.keys());
    await this.#within(this.#removeDead());
    this.#waiting = [...this.#pending.keys()];
    try {
      while (this.#pending.size > 0) {
        await this.#look();
        if (this.#pending.size > 0) await delay(LOOK_MS, undefined, { signal });
      }
    } finally {
      // A failure that was written here counts, whatever ends the loop.
      await this.#part?.end();
    }
    await this.#within(queue.endFleet(this.#planId));
    await this.#merge(options.prune === true ? new Set(vanished) : undefined);
    return {
      samples: this.#samples,
      converted: this.#converted,
      skipped: this.#skipped,
      failed: [...this.#failed.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      bytesFetched: 0,
      ...(vanished.length > 0 && { vanished }),
    };
  }

  #expect(unit: WorkUnit): void {
    const id = jobId(this.#given.plan.mark, unit, this.#given.results);
    this.#pending.set(id, { unit, untold: new Map(unit.samples.map((sample) => [sample.id, sample])) });
    for (const sample of unit.samples) this.#jobOf.set(sample.id, id);
  }

  /** Removes the dead letters of what is tried again now. */
  async #removeDead(): Promise<void> {
    const { queue } = this.#given;
    const dead = await queue.failed();
    await queue.remove(dead.map(({ id }) => id).filter((id) => this.#pending.has(id)));
  }

  /** Takes what was done, and puts in what there is room for. */
  async #look(): Promise<void> {
    const { queue, folder, options } = this.#given;
    for (const line of await this.#tails.read()) this.#take(line);
    if (this.#tails.takeGone())
      for (const line of (await readManifest(folder)).lines.values()) this.#take(line);
    const counts = await this.#within(queue.counts());
    if (counts.failed !== this.#dead) await this.#within(this.#takeDead());
    this.#dead = counts.failed;
    await this.#within(this.#giveWord());
    const { waiting, active, delayed } = counts;
    await this.#within(this.#fill(waiting + delayed + active));
    this.#findLost(waiting + active + delayed);
    options.onProgress?.({
      ...counts,
      samples: this.#samples,
      done: this.#skipped + this.#converted + this.#failed.size,
      converted: this.#converted,
      failed: this.#failed.size,
      bytesFetched: 0,
    });
  }

  /** Takes a line of the manifest: of a sample that is waited for, made of what is wanted. */
  #take(line: ManifestLine): void {
    const id = this.#jobOf.get(line.id);
    const pending = id === undefined ? undefined : this.#pending.get(id);
    const sample = pending?.untold.get(line.id);
    if (id === undefined || pending === undefined || sample === undefined) return;
    if (!isOf(line, sample.source, this.#text)) return;
    pending.untold.delete(line.id);
    if (line.error === undefined) this.#converted++;
    else this.#failed.set(line.id, { id: line.id, ...line.error });
    if (pending.untold.size === 0) this.#pending.delete(id);
  }

  /** Takes the dead letters that nobody has told of: of samples whose workers did not survive them. */
  async #takeDead(): Promise<void> {
    for (const { id, reason } of await this.#given.queue.failed()) {
      const pending = this.#pending.get(id);
      if (pending === undefined) continue;
      // A worker that told of it has written its lines before.
      for (const line of await this.#tails.read()) this.#take(line);
      const error = describeDeath(reason);
      const lines = Array.from(
        pending.untold.values(),
        (sample): ManifestLine => ({ ...sample, options: this.#given.results, error }),
      );
      if (lines.length === 0) continue;
      this.#part ??= await ManifestPart.open(this.#given.folder, { at: this.#at, list: this.#list });
      await this.#part.append(lines);
      for (const line of lines) this.#take(line);
    }
  }

  async #giveWord(): Promise<void> {
    const now = performance.now();
    if (now - this.#wordMs < WORD_MS) return;
    const { queue, plan } = this.#given;
    await queue.putPlan(plan);
    await queue.putProgress(this.#planId, {
      directory: plan.directory,
      samples: this.#samples,
      done: this.#skipped + this.#converted,
      failed: this.#failed.size,
      at: Date.now(),
    });
    this.#wordMs = now;
  }

  /** Puts in jobs until there are as many as may be; fewer where Redis has no room for them. */
  async #fill(there: number): Promise<void> {
    const { queue, options } = this.#given;
    let room = this.#ahead - there;
    while (room > 0 && this.#waiting.length > 0) {
      const ids = this.#waiting.splice(0, Math.min(room, ADD_JOBS));
      const jobs = ids.flatMap((id) => {
        const pending = this.#pending.get(id);
        return pending === undefined ? [] : [{ id, job: this.#jobFor(pending.unit) }];
      });
      try {
        await queue.add(jobs, options.attempts);
      } catch (error) {
        this.#waiting.unshift(...ids);
        if (!isOutOfMemory(error)) throw error;
        this.#ahead = Math.max(1, Math.floor(Math.min(this.#ahead, there) / 2));
        if (!this.#hasToldFull)
          options.onRemark?.('The memory of Redis is full: fewer jobs are put in at a time.');
        this.#hasToldFull = true;
        return;
      }
      room -= jobs.length;
      there += jobs.length;
    }
    this.#ahead = Math.min(options.ahead, this.#ahead + Math.ceil(this.#ahead / 8));
  }

  #jobFor(unit: WorkUnit): FleetJob {
    return {
      plan: this.#planId,
      at: this.#at,
      list: this.#list,
      id: unit.id,
      samples: unit.samples.map(({ id }) => id),
      digest: unitDigest(unit),
    };
  }

  /** Puts everything in again that is not done where the queue is empty: it has lost that. */
  #findLost(there: number): void {
    const isEmpty = there === 0 && this.#waiting.length === 0;
    this.#emptyLooks = isEmpty ? this.#emptyLooks + 1 : 0;
    if (this.#emptyLooks <= EMPTY_LOOKS) return;
    this.#emptyLooks = 0;
    this.#dead = 0;
    this.#wordMs = -Infinity;
    this.#waiting = [...this.#pending.keys()];
  }

  async #merge(removed: ReadonlySet<string> | undefined): Promise<Manifest> {
    const { folder, reader, options } = this.#given;
    const { signal } = options;
    const until = performance.now() + CLOSING_MS;
    // Workers close their parts when nothing is left to do.
    while (performance.now() < until) {
      const parts = await readParts(folder);
      if (parts.every(({ isClosed }) => isClosed)) break;
      await delay(LOOK_MS / 5, undefined, { signal });
    }
    return mergeManifest(folder, { metadataOf: (id) => reader.metadata(id), removed, signal });
  }

  /** Waits for Redis, as long as it takes, unless it is given up. */
  #within<Result>(promise: Promise<Result>): Promise<Result> {
    return abortable(promise, this.#given.options.signal);
  }
}

/** Describes why a job is dead that no worker has told of. */
function describeDeath(reason: string): ManifestError {
  const isStalled = reason.includes('stalled');
  const message = isStalled
    ? 'Each worker that had it ended, or stopped, without a word: memory that does not suffice is a common reason.'
    : reason;
  return { code: 'ERROR', message };
}
