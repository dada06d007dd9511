import { appendFile } from 'node:fs/promises';
import { explainSystemError } from '../core/system-error.ts';

/** Time between two lines, milliseconds. */
const LINE_INTERVAL_MS = 250;

/** Counts of a moment, over all iterations: those that rates are made of. */
interface RunCounts {
  readonly samples: number;
  /** Bytes of the tensors of these samples. */
  readonly bytes: number;
  /** Counts of the dataset, where it has some. */
  readonly dataset: unknown;
}

/** Report of an iteration: lines of JSON that are appended to a file while it goes on. */
export class RunReport {
  readonly #path: string;
  readonly #tell: () => RunCounts;
  /** Counts when the iteration began. */
  readonly #first: RunCounts;
  readonly #start = performance.now();
  readonly #timer: NodeJS.Timeout;
  /** Lines that are being written, one after the other; a line that cannot be is told of at the end. */
  #writing: Promise<void>;

  private constructor(path: string, tell: () => RunCounts) {
    this.#path = path;
    this.#tell = tell;
    this.#first = tell();
    this.#writing = this.#write('begin');
    this.#timer = setInterval(() => this.#add('run'), LINE_INTERVAL_MS);
    // Whoever leaves the loop without an end need not wait for it.
    this.#timer.unref();
  }

  /**
   * Begins a report with its first line.
   *
   * @param tell - what each line says of that moment
   * @throws ConfigError for a file that cannot be written
   */
  static async begin(path: string, tell: () => RunCounts): Promise<RunReport> {
    const report = new RunReport(path, tell);
    try {
      await report.#writing;
    } catch (error) {
      clearInterval(report.#timer);
      throw error;
    }
    return report;
  }

  /** Writes the last line. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#add('end');
    await this.#writing;
  }

  #add(event: 'run' | 'end'): void {
    const line = this.#lineOf(event);
    this.#writing = this.#writing.then(() => this.#append(line));
    // A full disk must not end the loop from behind: `end` tells.
    this.#writing.catch(() => undefined);
  }

  #write(event: 'begin'): Promise<void> {
    return this.#append(this.#lineOf(event));
  }

  #lineOf(event: 'begin' | 'run' | 'end'): string {
    const elapsedMs = Math.round(performance.now() - this.#start);
    const counts = this.#tell();
    const rate = (count: number, before: number): number =>
      elapsedMs === 0 ? 0 : (1000 * (count - before)) / elapsedMs;
    const line = {
      event,
      at: new Date().toISOString(),
      elapsedMs,
      samplesPerSecond: rate(counts.samples, this.#first.samples),
      megabytesPerSecond: rate(megabytesOf(counts), megabytesOf(this.#first)),
      ...counts,
    };
    return `${JSON.stringify(line)}\n`;
  }

  async #append(line: string): Promise<void> {
    try {
      await appendFile(this.#path, line);
    } catch (error) {
      throw explainSystemError(error, { verb: 'write', file: this.#path, option: 'report' }) ?? error;
    }
  }
}

/** Counts what came: bytes that were fetched or read of files, else those of the samples. */
function megabytesOf({ bytes, dataset }: RunCounts): number {
  const { bytesDownloaded, bytesRead } = (dataset ?? {}) as Readonly<Record<string, unknown>>;
  const counted = [bytesDownloaded, bytesRead].filter((count) => typeof count === 'number');
  return (counted.length === 0 ? bytes : Math.max(...counted)) / 1e6;
}
