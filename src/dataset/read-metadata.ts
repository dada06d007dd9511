import { type FormatError, isVascuError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { mapLimited } from '../core/limit.ts';
import { shorten } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { decodeText, parseMetadata, sidecarOf } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { readTable } from './metadata-table.ts';
import type { SampleFilter } from './sample-filter.ts';
import type { ListedSamples } from './sample-listing.ts';

/** Number of sidecars that are read at a time. */
const SIDECAR_CONCURRENCY = 32;

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 128;

/** Metadata of samples, by their place among them. */
export interface SampleMetadata {
  at(sample: number): Metadata;
  /** Finds the row of a sample's sidecar in the listing; undefined where it has none. */
  sidecarRow(sample: number): number | undefined;
}

/**
 * Reads the metadata of samples: what the sidecar of each says, and over it, key by key, its row in `metadata.jsonl`, else
 * `metadata.csv`, in the folder of the dataset; `{}` where there is neither. `file_name` is the path from the metadata
 * file to the sample; it is not part of the metadata. Only sidecars that were listed are asked for.
 *
 * @param filter - gets the metadata of samples that have no more than a row, as it is read
 * @throws FormatError naming the file, and the line, that is not as it should be
 */
export async function readMetadata(
  streamer: DataStreamer,
  samples: ListedSamples,
  filter: SampleFilter | undefined,
  signal: AbortSignal,
): Promise<SampleMetadata> {
  const { listing } = samples;
  const [root] = listing.commonFiles;
  const early = listing.hasSidecars ? undefined : filter;
  const named = root === undefined ? undefined : await readTable(streamer, root, samples, early, signal);
  const sidecars = await findSidecars(samples, signal);
  const unreadable: FormatError[] = [];
  const merged = new Map<number, Metadata>();
  await mapLimited(sidecars, SIDECAR_CONCURRENCY, async ({ sample, row }) => {
    const entry = listing.entryAt(row);
    const own = named?.at(sample);
    const bytes = await streamer.readWhole(entry.path, { entry, signal });
    try {
      merged.set(sample, { ...parseMetadata(decodeText(bytes, entry.path), entry.path), ...own });
    } catch (error) {
      // Beside a row it need not be meant as metadata.
      if (own === undefined || !isVascuError(error, 'FORMAT')) throw error;
      unreadable.push(error);
    }
  });
  if (root !== undefined) warnOfSidecars(root.path, unreadable);
  const sidecarRows = new Map(sidecars.map(({ sample, row }) => [sample, row]));
  return {
    at: (sample) => merged.get(sample) ?? named?.at(sample) ?? {},
    sidecarRow: (sample) => sidecarRows.get(sample),
  };
}

/** A sample that has a sidecar: its place among the samples, and the row of that. */
interface ListedSidecar {
  readonly sample: number;
  readonly row: number;
}

async function findSidecars(
  { listing, rows }: ListedSamples,
  signal: AbortSignal,
): Promise<readonly ListedSidecar[]> {
  const found: ListedSidecar[] = [];
  if (!listing.hasSidecars) return found;
  const index = await listing.index(signal);
  const slice = new TimeSlice(signal);
  for (const [sample, of] of rows.entries()) {
    const row = index.find(sidecarOf(listing.files.pathAt(of)));
    if (row !== undefined) found.push({ sample, row });
    if (sample % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  return found;
}

/** Says once which sidecars were left out, since their samples have a row. */
function warnOfSidecars(root: string, [first, ...others]: readonly FormatError[]): void {
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  process.emitWarning(
    `Not read: ${shorten(first.message, 300)}${more}. Of ${others.length === 0 ? 'its sample' : 'their samples'} only what ${root} says is known.`,
    { type: 'VascuSimWarning', code: 'VASCUSIM_SIDECAR' },
  );
}
