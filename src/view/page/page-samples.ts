import type { ViewedSample } from '../view-protocol.ts';
import { type ViewClient, ViewRequestError } from './view-client.ts';

/** Samples asked for at first, and at once later. */
const FIRST_COUNT = 200;
const NEXT_COUNT = 1000;
/** Samples up to which the list is fetched whole, also where nobody looks at it. */
const MAX_WHOLE = 5000;

/** List of samples as it is shown. */
export interface ShownList {
  readonly total: number;
  readonly matching: number;
  /** Samples by their place; what is not here yet is a hole. */
  readonly rows: readonly (ViewedSample | undefined)[];
  readonly filter: string;
  /** Sentence on a filter that cannot be read. */
  readonly fault: string | undefined;
}

/** List of samples that is fetched as far as it is looked at. */
export class SampleListing {
  readonly #client: ViewClient;
  readonly #onChange: () => void;
  readonly #onFault: (error: unknown) => void;
  #listed: ShownList = { total: 0, matching: 0, rows: [], filter: '', fault: undefined };
  #places = new Map<string, number>();
  /** Ids without a filter, for who compares. */
  #ids: readonly string[] = [];
  #asked = new Set<number>();
  #run = new AbortController();
  #isLoading = false;

  constructor(client: ViewClient, onChange: () => void, onFault: (error: unknown) => void) {
    this.#client = client;
    this.#onChange = onChange;
    this.#onFault = onFault;
  }

  get listed(): ShownList {
    return this.#listed;
  }

  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Id of the first sample of all, as soon as it is known. */
  get firstId(): string | undefined {
    return this.#ids[0];
  }

  /** True while the first rows of a filter are on their way. */
  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** Finds the place of a sample in the list, as far as it is here. */
  placeOf(id: string): number | undefined {
    return this.#places.get(id);
  }

  /** Filters the list. A filter that cannot be read is said, and the list stays as it was. */
  async filter(filter: string): Promise<void> {
    this.#run.abort();
    const run = new AbortController();
    this.#run = run;
    this.#isLoading = true;
    try {
      const page = await this.#client.samples(filter, 0, FIRST_COUNT, run.signal);
      const rows = Array.from<ViewedSample | undefined>({ length: page.matching }).fill(undefined);
      this.#places = new Map();
      this.#asked = new Set();
      this.#listed = { total: page.total, matching: page.matching, rows, filter, fault: undefined };
      this.#put(page.from, page.samples);
      this.#isLoading = false;
      this.#onChange();
      for (
        let from = page.samples.length;
        from < Math.min(page.matching, MAX_WHOLE) && page.samples.length > 0;
      )
        from += await this.#page(from, run.signal);
    } catch (error) {
      if (run.signal.aborted) return;
      this.#isLoading = false;
      if (error instanceof ViewRequestError && error.fault.code === 'CONFIG') {
        this.#listed = { ...this.#listed, filter, fault: error.message };
        this.#onChange();
      } else this.#onFault(error);
    }
  }

  /** Fetches what of a stretch of rows is not here. */
  async need(from: number, end: number): Promise<void> {
    const { rows } = this.#listed;
    const missing = rows.findIndex((row, at) => at >= from && at < end && row === undefined);
    if (missing === -1 || this.#asked.has(missing)) return;
    this.#asked.add(missing);
    const { signal } = this.#run;
    try {
      await this.#page(missing, signal);
    } catch (error) {
      if (!signal.aborted) this.#onFault(error);
    } finally {
      this.#asked.delete(missing);
    }
  }

  async #page(from: number, signal: AbortSignal): Promise<number> {
    const page = await this.#client.samples(this.#listed.filter, from, NEXT_COUNT, signal);
    signal.throwIfAborted();
    this.#put(page.from, page.samples);
    this.#onChange();
    return Math.max(1, page.samples.length);
  }

  #put(from: number, samples: readonly ViewedSample[]): void {
    const rows = [...this.#listed.rows];
    for (const [at, sample] of samples.entries()) {
      rows[from + at] = sample;
      this.#places.set(sample.id, from + at);
    }
    this.#listed = { ...this.#listed, rows };
    if (this.#listed.filter === '')
      this.#ids = rows.slice(0, MAX_WHOLE).flatMap((row) => (row === undefined ? [] : [row.id]));
  }
}
