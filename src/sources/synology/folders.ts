import { NetworkError } from '../../core/errors.ts';
import { mapLimited } from '../../core/limit.ts';
import { wait } from '../../core/retry.ts';
import { ApiFailure, fileFailure } from './codes.ts';
import type { Call, NasConnection } from './connection.ts';
import { ADDITIONAL, type NasEntry, readEntry, readItems } from './entries.ts';
import { listParameter, nasPath, textParameter } from './parameters.ts';

/** Entries by which one page is behind the other. */
const ENTRIES_PER_PAGE = 1_000;
/** Pages asked for at a time. */
const MAX_CONCURRENT_PAGES = 4;
/**
 * Number of times that a folder that changes while it is listed is begun anew; the last time it is asked for in one
 * answer.
 */
const MAX_PASSES = 4;
/** Wait before that, milliseconds. */
const CHANGED_MS = 200;

/** A part of a folder as it was at one moment. */
interface Page {
  readonly entries: readonly NasEntry[];
  readonly total: number;
}

/**
 * Lists what lies in a folder, page by page; of `''` the shares. A folder that changes meanwhile, so that the pages do
 * not fit together, is listed anew: nothing that was there all the time is missing.
 *
 * @throws NotFoundError when there is no such folder
 * @throws AuthError when the account may not read it
 */
export async function listFolder(
  nas: NasConnection,
  folder: string,
  signal: AbortSignal,
): Promise<NasEntry[]> {
  const found = await tryListFolder(nas, folder, signal);
  if (found instanceof ApiFailure) throw fileFailure(found, nas.context(describeFolder(folder)));
  return found;
}

/** Lists as {@link listFolder} does, but gives the codes that say something of the folder. */
export async function tryListFolder(
  nas: NasConnection,
  folder: string,
  signal: AbortSignal,
): Promise<NasEntry[] | ApiFailure> {
  for (let pass = 1; ; pass++) {
    const pages = await listPages(nas, folder, pass < MAX_PASSES ? ENTRIES_PER_PAGE + 1 : 0, signal);
    if (pages instanceof ApiFailure) return pages;
    const entries = joinPages(pages);
    if (entries !== undefined) return entries;
    if (pass === MAX_PASSES) {
      const found = new Set(pages.flatMap((page) => page.entries.map(({ name }) => name))).size;
      throw new NetworkError(
        `${describeFolder(folder)} on ${nas.address.id} cannot be listed: the NAS says that it has ${pages[0]?.total ?? 0} entries and gives ${found}. Wait until nothing is written there.`,
      );
    }
    await wait(CHANGED_MS, signal);
  }
}

/**
 * Lists every page of a folder. Each begins with the entry that the one before ends with, so that a change between the
 * two shows although both are full.
 *
 * @param limit - entries of a page; 0: all in one
 */
async function listPages(
  nas: NasConnection,
  folder: string,
  limit: number,
  signal: AbortSignal,
): Promise<readonly Page[] | ApiFailure> {
  const first = await listPage(nas, folder, 0, limit, signal);
  if (first instanceof ApiFailure) return first;
  // The pages after the first are as long as that one: a NAS may give fewer entries than are asked for.
  const length = Math.max(1, first.entries.length);
  const step = Math.max(1, length - 1);
  const offsets: number[] = [];
  for (let offset = step; offset + (length - step) < first.total; offset += step) offsets.push(offset);
  const others = await mapLimited(offsets, MAX_CONCURRENT_PAGES, (offset) =>
    listPage(nas, folder, offset, length, signal),
  );
  const pages: Page[] = [first];
  for (const page of others) {
    if (page instanceof ApiFailure) return page;
    pages.push(page);
  }
  return pages;
}

/** Joins the entries of all pages, each once; undefined where the pages are of a folder that changed in between. */
function joinPages(pages: readonly Page[]): NasEntry[] | undefined {
  const [first, ...others] = pages;
  if (first === undefined) return undefined;
  const entries = [...first.entries];
  const overlaps = entries.length > 1;
  for (const { entries: more, total } of others) {
    if (total !== first.total) return undefined;
    if (overlaps && more[0]?.name !== entries.at(-1)?.name) return undefined;
    for (const entry of overlaps ? more.slice(1) : more) entries.push(entry);
  }
  const names = new Set(entries.map(({ name }) => name));
  return entries.length === first.total && names.size === first.total ? entries : undefined;
}

async function listPage(
  nas: NasConnection,
  folder: string,
  offset: number,
  limit: number,
  signal: AbortSignal,
): Promise<Page | ApiFailure> {
  const label = describeFolder(folder);
  const path = folder === '' ? '' : nasPath(folder);
  const call: Call = {
    api: 'list',
    method: folder === '' ? 'list_share' : 'list',
    parameters: (api) => ({
      ...(folder === '' ? {} : { folder_path: textParameter(api, path) }),
      offset: String(offset),
      limit: String(limit),
      sort_by: textParameter(api, 'name'),
      additional: listParameter(api, folder === '' ? ['time'] : ADDITIONAL),
    }),
    label,
    signal,
  };
  const data = await nas.tryCall(call);
  if (data instanceof ApiFailure) return data;
  const entries = readItems(data, folder === '' ? 'shares' : 'files', label).map((item) =>
    readEntry(item, folder),
  );
  const { total } = data;
  return { entries, total: typeof total === 'number' ? total : offset + entries.length };
}

export function describeFolder(folder: string): string {
  return folder === '' ? 'the list of shares' : `the folder ${JSON.stringify(folder)}`;
}
