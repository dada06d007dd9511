import { ConfigError } from '../core/errors.ts';
import type { VascuDataset } from '../dataset/vascu-dataset.ts';
import { DatasetReader } from '../fleet/dataset-reader.ts';
import { readMark } from '../fleet/folder-mark.ts';
import { type MadeResult, makeResult } from '../fleet/make-result.ts';
import type { ManifestLine } from '../fleet/manifest-line.ts';
import { ManifestPart } from '../fleet/manifest-part.ts';
import { ResultFolder } from '../fleet/result-folder.ts';
import { type ResultOptions, readResultOptions } from '../fleet/result-options.ts';
import type { SourceSample, WorkUnit } from '../fleet/work-unit.ts';
import { type FleetJob, type FleetPlan, unitDigest } from './job-data.ts';

/** Opens the source of a plan with the logins of this machine. */
export type OpenPlanned = (plan: FleetPlan, signal: AbortSignal) => Promise<VascuDataset>;

/** Pause before the samples are listed again since a job knows others, milliseconds. */
const LIST_AGAIN_MS = 10_000;

/** Samples as they are listed here, and how they are read. */
interface Listed {
  readonly view: VascuDataset;
  readonly reader: DatasetReader;
  readonly samples: ReadonlyMap<string, SourceSample>;
  readonly results: ResultOptions;
  /** Time at which they were listed, milliseconds since 1970. */
  readonly at: number;
}

/** Work of one plan on this machine: its source is opened once, for all of its jobs. */
export class PlannedWork implements AsyncDisposable {
  readonly plan: FleetPlan;
  readonly #folder: ResultFolder;
  readonly #open: OpenPlanned;
  readonly #jobs: number;
  #listed: Promise<Listed> | undefined;
  #part: Promise<ManifestPart> | undefined;

  private constructor(plan: FleetPlan, folder: ResultFolder, open: OpenPlanned, jobs: number) {
    this.plan = plan;
    this.#folder = folder;
    this.#open = open;
    this.#jobs = jobs;
  }

  /**
   * Opens the directory of a plan.
   *
   * @param directory - where it lies on this machine; undefined for the same path as where the fleet was started
   * @throws ConfigError where it is not the directory of the fleet
   */
  static async begin(
    plan: FleetPlan,
    directory: string | undefined,
    open: OpenPlanned,
    jobs: number,
  ): Promise<PlannedWork> {
    const path = directory ?? plan.directory;
    // Read first: nothing is made in what may be any directory.
    const looked = await ResultFolder.open(path, true);
    const mark = await readMark(looked);
    if (mark !== plan.mark) {
      const what = mark === undefined ? 'is no directory of a fleet' : 'is the directory of another fleet';
      const cure =
        directory === undefined
          ? 'give its path on this machine as the directory'
          : 'give the path by which this machine sees that directory';
      throw new ConfigError(
        'directory',
        `${path} ${what}, as seen from this machine; the results are for ${plan.directory} of the machine that started the fleet: ${cure}.`,
      );
    }
    return new PlannedWork(plan, await ResultFolder.open(path), open, jobs);
  }

  /**
   * Makes the result of a job.
   *
   * @throws whatever would befall other jobs as well
   */
  async make(job: FleetJob, signal: AbortSignal): Promise<MadeResult> {
    const found = await this.#find(job, signal);
    if (found === undefined) throw new ConfigError('samples', sourceChanged(job));
    const { unit, listed } = found;
    return makeResult(unit, { reader: listed.reader, folder: this.#folder, options: listed.results }, signal);
  }

  /** Tells the manifest of what was made, or could not be. */
  async tell(lines: readonly ManifestLine[], { at, list }: FleetJob): Promise<void> {
    this.#part ??= ManifestPart.open(this.#folder, { at, list });
    await (await this.#part).append(lines);
  }

  /** Closes the part of the manifest: nothing is to be told for now. */
  async rest(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    await (await part)?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rest();
    await this.#closeListed();
  }

  /** Finds the unit of a job among the samples as they are listed here, which are listed again where it is not there. */
  async #find(
    job: FleetJob,
    signal: AbortSignal,
  ): Promise<{ readonly unit: WorkUnit; readonly listed: Listed } | undefined> {
    for (let isAgain = false; ; isAgain = true) {
      const current = this.#listed;
      const listed = await (this.#listed ??= this.#list(signal));
      const unit = unitOf(job, listed);
      if (unit !== undefined) return { unit, listed };
      // A fleet that was begun later may know what came since.
      const isFresh = job.at < listed.at && Date.now() - listed.at < LIST_AGAIN_MS;
      if (isAgain || isFresh) return undefined;
      // Somebody else may have had it listed meanwhile.
      if (this.#listed === current) await this.#closeListed();
    }
  }

  async #list(signal: AbortSignal): Promise<Listed> {
    try {
      const { results: given } = this.plan;
      const at = Date.now();
      const dataset = await this.#open(this.plan, signal);
      const { attributes, graphOf } = given;
      const view = dataset.with({
        ...(attributes && { includeAttributes: attributes }),
        ...(graphOf && { graphOf }),
      });
      const results = readResultOptions(given, view.facts.options);
      const reader = new DatasetReader(view, results, this.#jobs);
      const samples = new Map(reader.samples.map((sample) => [sample.id, sample]));
      return { view: dataset, reader, samples, results, at };
    } catch (error) {
      this.#listed = undefined;
      throw error;
    }
  }

  async #closeListed(): Promise<void> {
    const listed = await this.#listed?.catch(() => undefined);
    this.#listed = undefined;
    await listed?.reader[Symbol.asyncDispose]();
    await listed?.view.close();
  }
}

function unitOf(
  job: FleetJob,
  { samples: known, results }: Pick<Listed, 'samples' | 'results'>,
): WorkUnit | undefined {
  const samples: SourceSample[] = [];
  let bytes = 0;
  for (const id of job.samples) {
    const sample = known.get(id);
    if (sample === undefined) return undefined;
    samples.push(sample);
    bytes += sample.source.size;
  }
  const unit = { id: job.id, samples, bytes };
  return isNameFit(job, results) && unitDigest(unit) === job.digest ? unit : undefined;
}

/** Tells whether the name of a unit is that of its sample, or of a tar: nothing else is written. */
function isNameFit({ id, samples }: FleetJob, { to }: ResultOptions): boolean {
  return to === 'webdataset' ? /^data-\d{6,}\.tar$/.test(id) : samples.length === 1 && samples[0] === id;
}

function sourceChanged({ id }: FleetJob): string {
  return `The source of ${id} is not what the fleet has seen: a file was changed, or this machine sees other ones. Start the fleet again.`;
}
