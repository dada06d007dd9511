import type { TimeSlice } from '../core/time-slice.ts';

/** Rows that are sorted in one go, by the engine. */
const RUN_ROWS = 2048;
/** Rows that are merged between two looks at the time. */
const ROWS_PER_STEP = 64;

/** Stretch of sorted rows, and how far it has been merged. */
interface Run {
  readonly rows: Uint32Array;
  at: number;
  text: string;
}

/**
 * Sorts rows by their texts (by UTF-16 code units), equal ones by their number, and lets other events run meanwhile:
 * stretches are sorted one by one, then merged.
 */
export async function sortRows(
  textAt: (row: number) => string,
  length: number,
  slice: TimeSlice,
): Promise<Uint32Array> {
  const runs: Run[] = [];
  for (let from = 0; from < length; from += RUN_ROWS) {
    const rows = sortRun(textAt, from, Math.min(length, from + RUN_ROWS));
    runs.push({ rows, at: 0, text: textAt(rows[0] as number) });
    await slice.pause();
  }
  const sorted = new Uint32Array(length);
  for (let at = Math.floor(runs.length / 2) - 1; at >= 0; at--) sink(runs, at);
  for (let place = 0; place < length; place++) {
    const run = runs[0] as Run;
    sorted[place] = run.rows[run.at++] as number;
    if (run.at < run.rows.length) run.text = textAt(run.rows[run.at] as number);
    else {
      const last = runs.pop() as Run;
      if (runs.length > 0 && last !== run) runs[0] = last;
    }
    sink(runs, 0);
    if (place % ROWS_PER_STEP === 0) await slice.pause();
  }
  return sorted;
}

function sortRun(textAt: (row: number) => string, from: number, to: number): Uint32Array {
  const texts = Array.from({ length: to - from }, (_, step) => textAt(from + step));
  const steps = Uint32Array.from(texts.keys());
  steps.sort((a, b) => compare(texts[a] as string, texts[b] as string) || a - b);
  return steps.map((step) => from + step);
}

/** Restores the order of a heap whose smallest run is first, after that at `at` has changed. */
function sink(heap: Run[], at: number): void {
  const run = heap[at];
  if (run === undefined) return;
  let place = at;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Run, heap[child] as Run)) child++;
    if (!isBefore(heap[child] as Run, run)) break;
    heap[place] = heap[child] as Run;
    place = child;
  }
  heap[place] = run;
}

function isBefore(a: Run, b: Run): boolean {
  return (compare(a.text, b.text) || (a.rows[a.at] as number) - (b.rows[b.at] as number)) < 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
