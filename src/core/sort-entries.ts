import type { FileEntry } from './source.ts';

/** Entries that are sorted or merged in one step: some milliseconds. */
const ENTRIES_PER_STEP = 2000;

/**
 * Sorts by path (UTF-16 code units) in steps that a `TimeSlice` runs; entries of one path stay in their order. The array
 * itself where it is in order.
 */
export function* sortEntries(entries: readonly FileEntry[]): Generator<void, readonly FileEntry[]> {
  if (yield* isSorted(entries)) return entries;
  let runs: (readonly FileEntry[])[] = [];
  for (let at = 0; at < entries.length; at += ENTRIES_PER_STEP) {
    runs.push(entries.slice(at, at + ENTRIES_PER_STEP).sort(byPath));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly FileEntry[])[] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* merge(runs[at] ?? [], runs[at + 1] ?? []));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

/** Tells whether entries are in order already, as most listings are. */
function* isSorted(entries: readonly FileEntry[]): Generator<void, boolean> {
  for (let at = 1; at < entries.length; at++) {
    if ((entries[at] as FileEntry).path < (entries[at - 1] as FileEntry).path) return false;
    if (at % ENTRIES_PER_STEP === 0) yield;
  }
  return true;
}

function byPath(a: FileEntry, b: FileEntry): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

function* merge(
  left: readonly FileEntry[],
  right: readonly FileEntry[],
): Generator<void, readonly FileEntry[]> {
  const merged: FileEntry[] = [];
  for (let a = 0, b = 0; a < left.length || b < right.length; ) {
    const [first, second] = [left[a], right[b]];
    if (second === undefined || (first !== undefined && first.path <= second.path)) {
      merged.push(first as FileEntry);
      a++;
    } else {
      merged.push(second);
      b++;
    }
    if (merged.length % ENTRIES_PER_STEP === 0) yield;
  }
  return merged;
}

/** Takes those of the entries, sorted by path, whose path begins with `prefix`. */
export function entriesBelow(entries: readonly FileEntry[], prefix: string): readonly FileEntry[] {
  if (prefix === '') return entries;
  const start = partition(entries, (path) => path >= prefix);
  const end = partition(entries, (path) => path >= prefix && !path.startsWith(prefix));
  return entries.slice(start, end);
}

/** Finds the index of the first entry for which `isAfter` holds; it must hold for all behind that one. */
function partition(entries: readonly FileEntry[], isAfter: (path: string) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter((entries[middle] as FileEntry).path)) high = middle;
    else low = middle + 1;
  }
  return low;
}
