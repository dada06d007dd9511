import type { PlacedSample } from './batch-assembler.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { type BatchEvent, findBound, type LoaderProgress, type LoaderStats } from './loader-stats.ts';

/** Number of ids of skipped samples that are kept. */
const MAX_SKIPPED_IDS = 100;

/** An iteration, as {@link LoaderProgress} tells of it. */
interface Run {
  readonly epoch: number;
  readonly of: number | undefined;
  readonly start: number;
  readonly first: number;
  batches: number;
  samples: number;
  bytes: number;
}

/** Account of what a loader does. */
export class LoaderMeter {
  readonly #counts = { samples: 0, batches: 0, nodes: 0, edges: 0, bytes: 0, padded: 0, skipped: 0 };
  readonly #times = { waitMs: 0, consumerMs: 0, fetchMs: 0, decodeMs: 0, collateMs: 0 };
  readonly #wait = new LatencyHistogram();
  readonly #fetch = new LatencyHistogram();
  readonly #decode = new LatencyHistogram();
  readonly #skippedIds: string[] = [];
  #run: Run | undefined;

  /** Notes that an iteration begins, with `batches` of `of` already had. */
  begin(epoch: number, batches: number, of: number | undefined): void {
    const start = performance.now();
    this.#run = { epoch, of, start, first: batches, batches, samples: 0, bytes: 0 };
  }

  addSample({ fetchMs, decodeMs, padding }: PlacedSample): void {
    this.#times.fetchMs += fetchMs;
    this.#times.decodeMs += decodeMs;
    this.#fetch.add(fetchMs);
    this.#decode.add(decodeMs);
    if (padding) this.#counts.padded++;
  }

  addSkipped(id: string): void {
    this.#counts.skipped++;
    if (this.#skippedIds.length < MAX_SKIPPED_IDS) this.#skippedIds.push(id);
  }

  addBatch({ ids, numNodes, numEdges, bytes, waitMs, collateMs }: BatchEvent): void {
    const counts = this.#counts;
    counts.batches++;
    counts.samples += ids.length;
    counts.nodes += numNodes;
    counts.edges += numEdges;
    counts.bytes += bytes;
    this.#times.waitMs += waitMs;
    this.#times.collateMs += collateMs;
    this.#wait.add(waitMs);
    if (this.#run === undefined) return;
    this.#run.batches++;
    this.#run.samples += ids.length;
    this.#run.bytes += bytes;
  }

  addConsumer(milliseconds: number): void {
    this.#times.consumerMs += milliseconds;
  }

  stats({ workers, restarts }: { readonly workers: number; readonly restarts: number }): LoaderStats {
    return {
      ...this.#counts,
      skippedIds: [...this.#skippedIds],
      workers,
      workerRestarts: restarts,
      ...this.#times,
      latency: { wait: this.#wait.summary(), fetch: this.#fetch.summary(), decode: this.#decode.summary() },
      boundBy: findBound(this.#times, workers),
    };
  }

  /** @param idle - what to tell before the first iteration */
  progress(
    idle: () => { readonly epoch: number; readonly batches: number; readonly of: number | undefined },
  ): LoaderProgress {
    if (this.#run === undefined)
      return { ...idle(), samples: 0, bytes: 0, samplesPerSecond: 0, etaMs: undefined };
    const { epoch, of, start, first, batches, samples, bytes } = this.#run;
    const elapsedMs = performance.now() - start;
    const had = batches - first;
    const known = had > 0 && of !== undefined;
    return {
      epoch,
      batches,
      of,
      samples,
      bytes,
      samplesPerSecond: had === 0 ? 0 : (1000 * samples) / elapsedMs,
      etaMs: known ? (elapsedMs / had) * Math.max(0, of - batches) : undefined,
    };
  }
}
