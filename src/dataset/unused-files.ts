import { archiveKind, archivesOnPath } from '../core/archive-name.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { isMeshPath } from '../formats/registry.ts';
import type { Listing } from './sample-listing.ts';
import type { SampleRules } from './sample-selection.ts';
import type { SampleTable } from './sample-table.ts';

/** Files of a source that are in no sample although they could be, or hold some. */
export interface UnusedFiles {
  /** Extension of them, in lower case. */
  readonly extension: string;
  readonly count: number;
  /**
   * Reason for which they are in none:
   * - `'not-included'`, `'excluded'`: by `include` or `exclude`
   * - `'unmatched'`: no template of `samples` matches them, or no sample has their captures
   * - `'archive'`: archives that are not opened
   */
  readonly reason: 'not-included' | 'excluded' | 'unmatched' | 'archive';
}

/** Listing of a dataset, and what was made of it before a filter chose. */
export interface ListedDataset {
  readonly listing: Listing;
  /** Folder of the dataset: empty, or with `/` at its end. */
  readonly folder: string;
  readonly rules: SampleRules | undefined;
  /** Samples before the filter. */
  readonly samples: SampleTable;
}

/** Rows that are looked at between two looks at the time. */
const ROWS_PER_STEP = 64;

/** Counts the meshes and archives of a listing that are in no sample, by extension and reason. */
export async function countUnused(
  { listing, folder, rules, samples }: ListedDataset,
  signal: AbortSignal,
): Promise<readonly UnusedFiles[]> {
  const slice = new TimeSlice(signal);
  const isUsed = new Uint8Array(listing.length);
  for (let sample = 0; sample < samples.length; sample++) {
    for (const row of samples.rowsOfFiles(sample)) isUsed[row] = 1;
    if (sample % ROWS_PER_STEP === 0) await slice.pause();
  }
  const counts = new Map<string, UnusedFiles>();
  const add = (path: string, reason: UnusedFiles['reason']): void => {
    const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
    const extension = name.endsWith('.tar.gz') ? '.tar.gz' : name.slice(name.lastIndexOf('.'));
    const key = `${reason} ${extension}`;
    counts.set(key, { extension, reason, count: 1 + (counts.get(key)?.count ?? 0) });
  };
  const archives = new Set<string>();
  for (let row = 0; row < listing.length; row++) {
    const path = listing.files.pathAt(row);
    if (archiveKind(path) !== undefined) archives.add(path);
    if (isUsed[row] === 0 && isMeshPath(path)) {
      add(path, rules?.choice.refusalOf(path.slice(folder.length)) ?? 'unmatched');
    }
    if (row % ROWS_PER_STEP === 0) await slice.pause();
  }
  for (let row = 0; archives.size > 0 && row < listing.length; row++) {
    const path = listing.files.pathAt(row);
    for (const archive of archivesOnPath(path)) if (archive !== path) archives.delete(archive);
    if (row % ROWS_PER_STEP === 0) await slice.pause();
  }
  for (const path of archives) add(path, 'archive');
  return [...counts.values()];
}
