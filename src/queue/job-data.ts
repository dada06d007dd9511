import { createHash } from 'node:crypto';
import { ConfigError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import { describeOptions, type GivenResultOptions, type ResultOptions } from '../fleet/result-options.ts';
import type { WorkUnit } from '../fleet/work-unit.ts';

/** Version of what workers are told. */
const PLAN_VERSION = 1;
/** Most characters of a plan or a job: more is none of ours. */
const MAX_PLAN_CHARACTERS = 1_000_000;
const MAX_JOB_CHARACTERS = 64_000_000;

/** Source of a plan: what a command line says of it. It holds no secret. */
export interface PlannedSource {
  readonly address: string;
  /** Values of options that were given, by their names. */
  readonly options: Readonly<Record<string, PlannedValue>>;
}

/** Value of an option of a source. */
export type PlannedValue = string | number | boolean | readonly string[];

/** Options of results that a plan has. */
export interface PlannedResults extends GivenResultOptions {
  readonly attributes?: readonly string[] | undefined;
  readonly graphOf?: GraphOf | undefined;
}

/** Plan of a fleet: what is made of which source, in which directory. It is the same for all of its jobs; plain JSON. */
export interface FleetPlan {
  readonly version: typeof PLAN_VERSION;
  /** Mark of the directory, by which workers know it. */
  readonly mark: string;
  /** Path of the directory where the fleet was started. */
  readonly directory: string;
  readonly source: PlannedSource;
  readonly results: PlannedResults;
}

/** Job of a queue: one unit of work. Plain JSON. */
export interface FleetJob {
  /** Id of the plan. */
  readonly plan: string;
  /** Time at which the fleet was begun, milliseconds since 1970. */
  readonly at: number;
  /** Digest of the ids and sizes of all samples. */
  readonly list: string;
  /** Id of the unit. */
  readonly id: string;
  /** Ids of its samples. */
  readonly samples: readonly string[];
  /** Digest of the versions of their sources. */
  readonly digest: string;
}

/** Makes a plan. */
export function makePlan(plan: Omit<FleetPlan, 'version'>): FleetPlan {
  return { version: PLAN_VERSION, ...plan };
}

/** Makes the id of a plan: equal plans have one. */
export function planId(plan: FleetPlan): string {
  return digestOf(JSON.stringify(plan));
}

/** Makes the digest of what a unit is made of. */
export function unitDigest({ id, samples }: WorkUnit): string {
  return digestOf(
    JSON.stringify([
      id,
      samples.map((sample) => [sample.id, sample.source.path, sample.source.size, sample.source.version]),
    ]),
  );
}

/** Makes the id of a job: two fleets that want the same of one directory have the same. */
export function jobId(mark: string, unit: WorkUnit, options: ResultOptions): string {
  return `j${digestOf(JSON.stringify([mark, unitDigest(unit), describeOptions(options)]))}`;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/**
 * Reads a plan as a worker finds it, which anyone may have written.
 *
 * @throws ConfigError for what is no plan of this version
 */
export function readPlan(text: string): FleetPlan {
  const plan = text.length > MAX_PLAN_CHARACTERS ? undefined : parse(text);
  if (isRecord(plan) && plan['version'] !== PLAN_VERSION && Number.isInteger(plan['version'])) {
    throw new ConfigError(
      'redis',
      `The jobs are of another version of VascuSim (${String(plan['version'])}, this one takes ${PLAN_VERSION}): use the same on all machines.`,
    );
  }
  if (!isPlan(plan))
    throw new ConfigError('redis', 'A plan in Redis is none of VascuSim’s: nothing was done.');
  return plan;
}

function isPlan(plan: unknown): plan is FleetPlan {
  if (!isRecord(plan)) return false;
  const { mark, directory, source, results } = plan;
  if (typeof mark !== 'string' || !/^[0-9a-f]{32}$/.test(mark) || typeof directory !== 'string') return false;
  if (!isRecord(source) || typeof source['address'] !== 'string' || !isRecord(source['options']))
    return false;
  return isRecord(results) && typeof results['to'] === 'string';
}

/** Reads a job as a worker finds it; undefined for what is none. */
export function readJob(value: unknown): FleetJob | undefined {
  if (!isRecord(value)) return undefined;
  const { plan, at, list, id, samples, digest } = value;
  const texts = [plan, list, id, digest];
  if (!texts.every((text) => typeof text === 'string') || !Number.isSafeInteger(at)) return undefined;
  if (!Array.isArray(samples) || samples.length === 0) return undefined;
  let characters = 0;
  for (const sample of samples) {
    if (typeof sample !== 'string') return undefined;
    characters += sample.length;
  }
  return characters > MAX_JOB_CHARACTERS ? undefined : (value as unknown as FleetJob);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
