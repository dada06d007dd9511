import {
  AWAY_MS,
  type FleetProgress,
  type FleetQueue,
  type JobCounts,
  type WorkerSign,
} from './fleet-queue.ts';

/** Dead letters that are named. */
const MAX_NAMED = 100;

/** State of a queue as it is now. */
export interface FleetStatus {
  readonly name: string;
  readonly jobs: JobCounts;
  readonly workers: readonly WorkerSign[];
  /** Fleets that have not come to their end; `isThere` where one is watching. */
  readonly fleets: readonly (FleetProgress & { readonly isThere: boolean })[];
  /** Units that are not tried again, and why. */
  readonly dead: readonly { readonly id: string; readonly reason: string }[];
}

/** Reads the state of a queue, on any machine that reaches its Redis. */
export async function readStatus(queue: FleetQueue): Promise<FleetStatus> {
  const [jobs, workers, fleets, dead] = await Promise.all([
    queue.counts(),
    queue.workers(),
    queue.fleets(),
    queue.failed(MAX_NAMED),
  ]);
  const now = Date.now();
  return {
    name: queue.name,
    jobs,
    workers: workers.toSorted((a, b) => (a.worker < b.worker ? -1 : 1)),
    fleets: fleets.map((fleet) => ({ ...fleet, isThere: now - fleet.at < AWAY_MS })),
    dead: dead.map(({ id, job, reason }) => ({ id: job?.id ?? id, reason })),
  };
}
