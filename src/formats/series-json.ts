import { FormatError } from '../core/errors.ts';
import { parseJson } from '../core/lenient-json.ts';
import { showValue } from '../core/show-value.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { type CollectionEntry, MAX_COLLECTION_ENTRIES } from './collection-entry.ts';

/** Entries between two looks at the clock. */
const ENTRIES_PER_STEP = 4096;

/** Strings, and comments; one that does not end goes on to the end. */
const COMMENTS = /"(?:[^"\\\n]|\\[^\n])*(?:"|(?=\n)|$)|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)/g;

/** Strings, and commas with no value behind them. */
const TRAILING_COMMAS = /"(?:[^"\\\n]|\\[^\n])*(?:"|(?=\n)|$)|,(?=\s*[\]}])/g;

/**
 * Reads the entries of a `.series`, ParaView's list of the files of a series as JSON, which may have comments and
 * trailing commas: objects of `name` and `time`, or names, whose times are their places.
 *
 * @param path - how errors name the file
 * @throws FormatError where it is no such list
 */
export async function readSeriesJson(
  bytes: Uint8Array,
  path: string,
  signal?: AbortSignal,
): Promise<readonly CollectionEntry[]> {
  const content = parseJson(withoutComments(decode(bytes, path)), path);
  const files = isObject(content) ? content['files'] : undefined;
  if (!Array.isArray(files)) {
    throw new FormatError(
      'is no list of steps: it must be an object with "files", a list of { "name", "time" }',
      { path },
    );
  }
  if (files.length > MAX_COLLECTION_ENTRIES)
    throw new FormatError(`has more than ${MAX_COLLECTION_ENTRIES} entries`, { path });
  const slice = new TimeSlice(signal);
  const entries: CollectionEntry[] = [];
  for (const [at, each] of (files as readonly unknown[]).entries()) {
    entries.push(readEntry(each, at, path));
    if (at % ENTRIES_PER_STEP === 0) await slice.pause();
  }
  return entries;
}

function readEntry(value: unknown, at: number, path: string): CollectionEntry {
  const { name: file, time } = typeof value === 'string' ? { name: value, time: at } : toRecord(value);
  const place = `files[${at}]`;
  if (typeof file !== 'string' || file === '')
    throw new FormatError(`has ${place} without a name: ${showValue(value)}`, { path });
  if (typeof time !== 'number' || !Number.isFinite(time)) {
    const what = time === undefined ? 'no time' : `time ${showValue(time)}, which is no number`;
    throw new FormatError(`has ${place} (${showValue(file)}) with ${what}`, { path });
  }
  return { file, time: time + 0, group: '', name: '', part: '', offset: undefined };
}

function toRecord(value: unknown): Readonly<Record<'name' | 'time', unknown>> {
  const { name, time } = (isObject(value) ? value : {}) as Partial<Record<'name' | 'time', unknown>>;
  return { name, time };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError('this is not UTF-8 text: save it as UTF-8', { path }, { cause });
  }
}

/** Puts spaces in the place of comments and of trailing commas, so that all else stays where it is. */
function withoutComments(text: string): string {
  return blank(blank(text, COMMENTS), TRAILING_COMMAS);
}

function blank(text: string, tokens: RegExp): string {
  return text.replaceAll(tokens, (token) =>
    token.startsWith('"') ? token : token.replaceAll(/[^\n]/g, ' '),
  );
}
