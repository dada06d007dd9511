import type { TextIndex } from '../../columns/text-index.ts';
import { FormatError, isVascuError, NotFoundError } from '../../core/errors.ts';
import { resolveSibling } from '../../core/safe-path.ts';
import { shortenPath, showValue } from '../../core/show-value.ts';
import type { FileEntry } from '../../core/source.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import type { CollectionEntry } from '../../formats/collection-entry.ts';
import { readPvd } from '../../formats/pvd.ts';
import { isMeshPath, MESH_EXTENSIONS } from '../../formats/registry.ts';
import { readSeriesJson } from '../../formats/series-json.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';
import { ONLY_PART } from './found-series.ts';
import type { SeriesPart } from './time-series.ts';

/** Entries that are looked at between two looks at the time. */
const ENTRIES_PER_STEP = 512;

/** Most parts of one time, and of all steps together. */
const MAX_PARTS = 1024;
const MAX_PART_STEPS = 2 ** 24;

/** Extensions of the files that list the steps of a series. */
const PVD_EXTENSION = '.pvd';
const SERIES_EXTENSION = '.series';

/** Series as a file lists it. */
export interface ListedSeries {
  /** Path without extensions. */
  readonly id: string;
  readonly path: string;
  /** Times of the steps, ascending; undefined where the list has none. */
  readonly times: readonly number[] | undefined;
  readonly length: number;
  readonly parts: readonly SeriesPart[];
  /** One more than the row of the file of each part, by step; 0 where there is none. */
  readonly rows: readonly Uint32Array[];
  readonly lacking: ReadonlySet<number> | undefined;
  readonly fault: Error | undefined;
}

/** Says whether a path names a file that lists the steps of a series, by its extension in any case. */
export function isStepList(path: string): boolean {
  const name = path.toLowerCase();
  if (name.endsWith(PVD_EXTENSION)) return true;
  return name.endsWith(SERIES_EXTENSION) && isMeshPath(name.slice(0, -SERIES_EXTENSION.length));
}

/** Takes the path of a list without its extensions: `result` of `result.vtu.series`. */
function nameOfList(path: string): string {
  if (path.toLowerCase().endsWith(PVD_EXTENSION)) return path.slice(0, -PVD_EXTENSION.length);
  const mesh = path.slice(0, -SERIES_EXTENSION.length);
  return mesh.slice(0, mesh.lastIndexOf('.'));
}

/** Place in which a list lies. */
interface ListPlace {
  readonly streamer: Pick<DataStreamer, 'readWhole'>;
  /** Index of the paths of the listing. */
  readonly index: TextIndex;
  readonly missing: 'error' | 'skip';
  /** True where samples are windows, all steps of which must have the same parts. */
  readonly isWindowed: boolean;
}

/** Entry of a list, and the row of its file: one more than this, 0 where it is not there. */
interface PlacedEntry extends CollectionEntry {
  readonly path: string;
  readonly row: number;
}

/** Reads a file that lists the steps of a series; what is wrong with it is its fault. */
export async function readStepList(
  place: ListPlace,
  entry: FileEntry,
  signal: AbortSignal,
): Promise<ListedSeries> {
  const { path } = entry;
  const id = nameOfList(path);
  try {
    const bytes = await place.streamer.readWhole(path, { entry, signal });
    const read = path.toLowerCase().endsWith(PVD_EXTENSION) ? readPvd : readSeriesJson;
    const entries = await read(bytes, path, signal);
    if (entries.length === 0) throw new FormatError('names no file', { path });
    return { id, path, ...(await arrange(entries, path, place, new TimeSlice(signal))) };
  } catch (fault) {
    if (!isVascuError(fault, 'FORMAT', 'NOT_FOUND')) throw fault;
    return { id, path, times: undefined, length: 0, parts: ONLY_PART, rows: [], lacking: undefined, fault };
  }
}

/** Arranges entries by time and part. */
async function arrange(
  entries: readonly CollectionEntry[],
  path: string,
  { index, missing, isWindowed }: ListPlace,
  slice: TimeSlice,
): Promise<Omit<ListedSeries, 'id' | 'path'>> {
  const placed: PlacedEntry[] = [];
  for (const [at, entry] of entries.entries()) {
    const file = resolveFile(entry, path);
    placed.push({ ...entry, path: file, row: (index.find(file) ?? -1) + 1 });
    if (at % ENTRIES_PER_STEP === 0) await slice.pause();
  }
  // Parts of a time by their numbers, so that the first is the graph itself.
  placed.sort((a, b) => (a.time ?? 0) - (b.time ?? 0) || Number(a.part) - Number(b.part) || 0);
  const steps: PlacedEntry[][] = [];
  for (const [at, entry] of placed.entries()) {
    const step = steps.at(-1);
    if (step === undefined || step[0]?.time !== entry.time) steps.push([entry]);
    else addEntry(step, entry, path);
    if (at % ENTRIES_PER_STEP === 0) await slice.pause();
  }
  const hasParts = steps.some(({ length }) => length > 1);
  const labelOf = hasParts ? chooseLabel(steps) : () => '';
  const places = new Map<string, number>();
  for (const step of steps)
    for (const each of step) if (!places.has(labelOf(each))) places.set(labelOf(each), places.size);
  if (places.size > 1 && places.size * steps.length > MAX_PART_STEPS)
    throw new FormatError(`has ${places.size} parts in ${steps.length} steps, which are too many`, { path });
  const rows = [...places].map(() => new Uint32Array(steps.length));
  const lost: PlacedEntry[] = [];
  const lacking = new Set<number>();
  for (const [at, step] of steps.entries()) {
    for (const each of step) {
      (rows[places.get(labelOf(each)) as number] as Uint32Array)[at] = each.row;
      if (each.row !== 0) continue;
      lost.push(each);
      lacking.add(at);
    }
    if (rows[0]?.[at] === 0) lacking.add(at);
  }
  const partial = isWindowed ? findPartial(rows, steps.length) : undefined;
  for (const at of partial?.steps ?? []) lacking.add(at);
  return {
    times: steps[0]?.[0]?.time === undefined ? undefined : steps.map(([first]) => first?.time as number),
    length: steps.length,
    parts: hasParts ? [...places.keys()].map((name) => ({ name, isStatic: false })) : ONLY_PART,
    rows,
    lacking: lacking.size > 0 ? lacking : undefined,
    fault:
      missing === 'skip'
        ? undefined
        : faultOf(lost, steps, lacking, path, [...places.keys()][partial?.part ?? 0]),
  };
}

/** Finds a part that most steps have, and those that lack it; undefined where there is none. */
function findPartial(
  rows: readonly Uint32Array[],
  length: number,
): { readonly part: number; readonly steps: readonly number[] } | undefined {
  for (const [part, column] of rows.entries()) {
    const steps = [...column.keys()].filter((at) => column[at] === 0);
    if (steps.length > 0 && 2 * steps.length < length) return { part, steps };
  }
  return undefined;
}

/** @throws FormatError for a file that lies outside of the source, or is none that is read */
function resolveFile({ file, offset }: CollectionEntry, path: string): string {
  const found = resolveSibling(path, file);
  if (found === undefined)
    throw new FormatError(`names ${showValue(file)}, which lies outside of the source`, { path, offset });
  if (isMeshPath(found)) return found;
  throw new FormatError(
    `names ${showValue(file)}, a file of a type that is not read (${MESH_EXTENSIONS.join(', ')} are)`,
    { path, offset },
  );
}

/** Adds an entry to those of its time. One that a restart has written once more is passed over. */
function addEntry(step: PlacedEntry[], entry: PlacedEntry, path: string): void {
  const same = step.find(
    ({ group, name, part }) => group === entry.group && name === entry.name && part === entry.part,
  );
  if (step.length === MAX_PARTS)
    throw new FormatError(`has more than ${MAX_PARTS} parts of one time`, { path, offset: entry.offset });
  if (same === undefined) step.push(entry);
  else if (same.path !== entry.path) {
    const time = entry.time === undefined ? 'without a time' : `for the time ${entry.time}`;
    throw new FormatError(`names both ${showValue(same.file)} and ${showValue(entry.file)} ${time}`, {
      path,
      offset: entry.offset,
    });
  }
}

/** Chooses the names of parts: by group, else name, else number, as far as these tell them apart. */
function chooseLabel(steps: readonly (readonly PlacedEntry[])[]): (entry: PlacedEntry) => string {
  const numberOf = ({ part }: PlacedEntry): string => part || '0';
  const labels: ((entry: PlacedEntry) => string)[] = [
    (entry) => entry.group || entry.name || numberOf(entry),
    (entry) => entry.name || numberOf(entry),
    numberOf,
  ];
  const all = (entry: PlacedEntry): string => [entry.group, entry.name, numberOf(entry)].join('/');
  return labels.find((label) => steps.every((step) => new Set(step.map(label)).size === step.length)) ?? all;
}

function faultOf(
  [first]: readonly PlacedEntry[],
  steps: readonly (readonly PlacedEntry[])[],
  lacking: ReadonlySet<number>,
  path: string,
  part: string | undefined,
): Error | undefined {
  const [at] = lacking;
  if (at === undefined) return undefined;
  const lost =
    first === undefined ? `no file of the part ${showValue(part ?? '')}` : showValue(shortenPath(first.path));
  const [{ time } = { time: undefined }] = steps[at] ?? [];
  const when = time === undefined ? '' : ` (time ${time})`;
  const isThere = first === undefined ? '' : ', which is not there';
  return new NotFoundError(
    `${path} names ${lost} for step ${at}${when}${isThere}: ${lacking.size} of ${steps.length} steps are missing. With time.missing: 'skip' they are holes.`,
  );
}
