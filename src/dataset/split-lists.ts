import { resolve } from 'node:path';
import type { Sample } from '../core/dataset.ts';
import { ConfigError, FormatError, isVascuError, NotFoundError } from '../core/errors.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import { parseJson } from '../core/lenient-json.ts';
import { mapLimited } from '../core/limit.ts';
import { shorten, showNames, showValue } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { decodeText, withoutExtension } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { ownPathOf, readOwnFile, sourcePathsOf } from './given-file.ts';
import type { SampleTable } from './sample-table.ts';

/** List of samples: a file with one id or path a line, or a `.json` with a list of them, under a key where it has several. */
export type SplitList = string | { readonly file: string; readonly key?: string | undefined };

/** Dataset whose samples are listed. */
export interface DatasetToSplit {
  readonly streamer: Pick<DataStreamer, 'readWhole' | 'source'>;
  /** Folder of the samples: empty, or with `/` at its end. */
  readonly folder: string;
  readonly table: SampleTable;
  readonly samples: readonly Sample[];
}

/** Lists that are read at a time. */
const LISTS_AT_ONCE = 4;
/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 64;

/** Tells whether a split is a list. */
export function isSplitList(value: unknown): value is SplitList {
  return typeof value === 'string' || (typeof value === 'object' && value !== null);
}

/**
 * Finds the samples of lists.
 *
 * @returns the indices of each list, ascending
 * @throws NotFoundError for a list that is nowhere
 * @throws FormatError for a list that is none
 * @throws ConfigError for a list of which no sample is there, and with `'error'` for one with ids that no sample has
 */
export async function splitByLists(
  dataset: DatasetToSplit,
  lists: readonly SplitList[],
  missing: 'error' | 'skip',
  signal: AbortSignal,
): Promise<readonly (readonly number[])[]> {
  if (missing !== 'error' && missing !== 'skip') {
    throw new ConfigError('missing', `There is no missing ${showValue(missing)}: use 'error' or 'skip'.`);
  }
  const files = new Map<string, Promise<ListFile>>();
  const read = await mapLimited(lists, LISTS_AT_ONCE, async (list) => {
    const { file, key } = typeof list === 'string' ? { file: list } : list;
    if (typeof file !== 'string' || file === '') {
      throw new ConfigError(
        'split',
        `A list of samples is a file, or { file, key }, not ${showValue(list)}.`,
      );
    }
    if (typeof list === 'object') rejectUnknownOptions('A list of samples', list, ['file', 'key']);
    const reading = files.get(file) ?? readListFile(dataset, file, signal);
    files.set(file, reading);
    return { label: key === undefined ? file : `${file}:${key}`, names: namesIn(await reading, key) };
  });
  const { table, folder } = dataset;
  const index = await indexNames(table, folder, signal);
  // Those that a filter, or a subset, has left out are no errors.
  let whole: ReadonlyMap<string, readonly number[]> | undefined;
  const result: number[][] = [];
  for (const { label, names } of read) {
    const found = new Set<number>();
    const unknown: string[] = [];
    for (const name of names) {
      const samples = index.get(normal(name));
      if (samples === undefined) unknown.push(name);
      else for (const each of samples) found.add(each);
    }
    if (unknown.length > 0 && missing === 'error') {
      whole ??= await indexNames(table.all(), folder, signal);
      const strange = unknown.filter((name) => whole?.has(normal(name)) !== true);
      if (strange.length > 0) throw unknownIds(label, strange, names.length, table);
    }
    if (found.size === 0) {
      throw new ConfigError(
        'split',
        `The list ${shorten(label)} names no sample that is in this dataset: it begins with ${showNames(names, 3) || 'nothing'}${table.length === 0 ? '' : `, the samples with ${showValue(table.idAt(0))}`}.`,
      );
    }
    result.push([...found].sort((a, b) => a - b));
  }
  return result;
}

/** File with a list. */
interface ListFile {
  readonly path: string;
  readonly text: string;
}

/** Reads a list: of the source, in the folder of the samples or from its root, else of this machine. */
async function readListFile(
  { streamer, folder }: DatasetToSplit,
  file: string,
  signal: AbortSignal,
): Promise<ListFile> {
  const own = ownPathOf(file, 'split');
  for (const path of own === undefined ? sourcePathsOf(file, folder) : []) {
    try {
      return { path, text: decodeText(await streamer.readWhole(path, { signal }), path) };
    } catch (error) {
      if (!isVascuError(error, 'NOT_FOUND')) throw error;
    }
  }
  const bytes = await readOwnFile(own ?? resolve(file), 'split', signal);
  if (bytes !== undefined) return { path: file, text: decodeText(bytes, file) };
  const where =
    own === undefined
      ? `neither in ${streamer.source.id}${folder === '' ? '' : `, in ${folder} or at its root,`} nor on this machine`
      : 'not on this machine';
  throw new NotFoundError(
    `The list ${showValue(file)} is ${where}: give the path of a .txt or .json of ids or paths.`,
  );
}

/** Takes the names of samples out of a list. */
function namesIn({ path, text }: ListFile, key: string | undefined): readonly string[] {
  if (!/\.json$/i.test(path)) {
    if (key !== undefined) throw new ConfigError('split', `${shorten(path)} has no keys: only a .json has.`);
    return text
      .split(/\r\n|\r|\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }
  const content = parseJson(text, path);
  const keys =
    typeof content === 'object' && content !== null && !Array.isArray(content) ? Object.keys(content) : [];
  if (key !== undefined && !keys.includes(key)) {
    throw new ConfigError(
      'split',
      `${shorten(path)} has no key ${showValue(key)}: ${keys.length === 0 ? 'it is no object' : `it has ${showNames(keys)}`}.`,
    );
  }
  if (key === undefined && keys.length > 0) {
    throw new ConfigError(
      'split',
      `${shorten(path)} holds several lists, ${showNames(keys)}: say which, { file: ${showValue(path)}, key: ${showValue(keys[0])} }.`,
    );
  }
  const list: unknown = key === undefined ? content : (content as Readonly<Record<string, unknown>>)[key];
  if (Array.isArray(list) && list.every((each) => typeof each === 'string' || typeof each === 'number'))
    return list.map(String);
  throw new FormatError(
    `must hold a list of ids or paths${key === undefined ? '' : ` under ${showValue(key)}`}`,
    { path },
  );
}

/** Makes what a list may call a sample comparable: separators, and what leads nowhere. */
function normal(name: string): string {
  return name.replaceAll('\\', '/').replace(/^(?:\.?\/)+|\/+$/g, '');
}

/**
 * Indexes samples by what lists call them: id, path, with and without extension, in the source or from the folder on; what
 * is none of these, by the folders that they lie in.
 */
async function indexNames(
  table: SampleTable,
  folder: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const own = new Map<string, number[]>();
  const folders = new Map<string, number[]>();
  const add = (names: Map<string, number[]>, name: string, index: number): void => {
    const found = names.get(name);
    if (found === undefined) names.set(name, [index]);
    else if (found.at(-1) !== index) found.push(index);
  };
  const slice = new TimeSlice(signal);
  for (let index = 0; index < table.length; index++) {
    const [id, path] = [table.idAt(index), table.pathAt(index)];
    for (const name of [id, path, withoutExtension(path)]) {
      add(own, name, index);
      const inside = name.startsWith(folder) ? name.slice(folder.length) : name;
      add(own, inside, index);
      for (let at = inside.lastIndexOf('/'); at > 0; at = inside.lastIndexOf('/', at - 1))
        add(folders, inside.slice(0, at), index);
    }
    if (index % SAMPLES_PER_STEP === 0) await slice.pause();
  }
  for (const [name, indices] of folders) if (!own.has(name)) own.set(name, indices);
  return own;
}

function unknownIds(
  label: string,
  strange: readonly string[],
  count: number,
  table: SampleTable,
): ConfigError {
  const example = table.length === 0 ? 'there are none' : `they are called as ${showValue(table.idAt(0))}`;
  return new ConfigError(
    'split',
    `The list ${shorten(label)} names ${strange.length} of ${count} samples that are not there: ${showNames(strange, 3)}; ${example}. With missing: 'skip' such ids are passed over.`,
  );
}
