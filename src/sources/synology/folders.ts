import { isVascuError, NetworkError } from '../../core/errors.ts';
import { mapLimited } from '../../core/limit.ts';
import { readAhead } from '../../core/read-ahead.ts';
import { wait } from '../../core/retry.ts';
import type { FileEntry } from '../../core/source.ts';
import type { Call, NasConnection } from './connection.ts';
import { ADDITIONAL, type NasEntry, readEntry, readItems, toFileEntry } from './entries.ts';
import { listParameter, nasPath, textParameter } from './parameters.ts';

/** Entries asked for at a time. */
const PAGE = 1_000;
/** Pages, and folders of a recursive listing, asked for at a time. */
const CONCURRENCY = 4;
/** How often a folder that changes while it is listed is begun anew. */
const PASSES = 3;
/** Wait before that, milliseconds. */
const CHANGED_MS = 200;

/** Folders that DSM keeps for itself. */
const SYSTEM_NAMES: ReadonlySet<string> = new Set(['#recycle', '#snapshot', '@eaDir', '@tmp']);

/**
 * Every file below `root` whose path begins with `prefix`, sorted by path. Names that begin with a dot and what
 * DSM keeps for itself are passed over.
 *
 * @param root - `share/folder`, or empty for all shares
 * @throws NotFoundError when `root` does not exist
 */
export async function* walk(
  nas: NasConnection,
  root: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FileEntry, void, void> {
  if (root !== '' && !`${root}/`.startsWith(prefix) && !prefix.startsWith(`${root}/`)) return;
  const below = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
  const start = below.length > root.length ? below : root;
  const between = start === root ? [] : start.slice(root === '' ? 0 : root.length + 1).split('/');
  if (between.some(isPassedOver)) return;
  let children: NasEntry[];
  try {
    children = await listFolder(nas, start, signal);
  } catch (error) {
    // That nothing begins with a prefix is an empty listing, as long as its root is there.
    if (start === root || !isVascuError(error, 'NOT_FOUND')) throw error;
    if (root !== '') await listFolder(nas, root, signal);
    return;
  }
  yield* walkFolder(nas, children, prefix, signal);
}

async function* walkFolder(
  nas: NasConnection,
  children: readonly NasEntry[],
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FileEntry, void, void> {
  // A folder sorts as its files do: by its name with a "/" behind it.
  const sorted = children
    .filter(({ name }) => !isPassedOver(name))
    .map((entry) => ({ entry, key: entry.isDirectory ? `${entry.path}/` : entry.path }))
    .filter(({ entry, key }) => key.startsWith(prefix) || (entry.isDirectory && prefix.startsWith(key)))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const folders = sorted.filter(({ entry }) => entry.isDirectory);
  const listings = readAhead(folders, ({ entry }, stop) => listOrGone(nas, entry.path, stop), {
    ahead: CONCURRENCY,
    concurrency: CONCURRENCY,
    signal,
  });
  try {
    for (const { entry } of sorted) {
      signal.throwIfAborted();
      if (!entry.isDirectory) yield toFileEntry(entry);
      else {
        const next = await listings.next();
        if (next.done !== true) yield* walkFolder(nas, next.value, prefix, signal);
      }
    }
  } finally {
    await listings.return();
  }
}

/** A folder that is gone since its parent was listed is empty. */
async function listOrGone(nas: NasConnection, folder: string, signal: AbortSignal): Promise<NasEntry[]> {
  try {
    return await listFolder(nas, folder, signal);
  } catch (error) {
    if (isVascuError(error, 'NOT_FOUND')) return [];
    throw error;
  }
}

function isPassedOver(name: string): boolean {
  return name === '' || name.startsWith('.') || SYSTEM_NAMES.has(name);
}

/**
 * What lies in a folder, page by page; of `''` the shares that the account sees. A folder that changes
 * meanwhile, so that the pages do not fit together, is listed anew.
 *
 * @throws NotFoundError when there is no such folder
 * @throws AuthError when the account may not read it
 */
export async function listFolder(
  nas: NasConnection,
  folder: string,
  signal: AbortSignal,
): Promise<NasEntry[]> {
  for (let pass = 1; ; pass++) {
    const first = await listPage(nas, folder, 0, signal);
    const offsets: number[] = [];
    // The pages after the first are as long as that one: a NAS may give fewer entries than are asked for.
    const length = Math.max(1, first.entries.length);
    for (let offset = length; offset < first.total; offset += length) offsets.push(offset);
    const others = await mapLimited(offsets, CONCURRENCY, (offset) =>
      listPage(nas, folder, offset, signal, length),
    );
    const entries = [first, ...others].flatMap((page) => page.entries);
    const names = new Set(entries.map(({ name }) => name));
    const sameTotal = others.every(({ total }) => total === first.total);
    if (sameTotal && entries.length === first.total && names.size === first.total) return entries;
    if (pass === PASSES) {
      throw new NetworkError(
        `${describe(folder)} on ${nas.address.id} cannot be listed: the NAS says that it has ${first.total} entries and gives ${names.size}. Wait until nothing is written there.`,
      );
    }
    await wait(CHANGED_MS, signal);
  }
}

async function listPage(
  nas: NasConnection,
  folder: string,
  offset: number,
  signal: AbortSignal,
  limit = PAGE,
): Promise<{ readonly entries: NasEntry[]; readonly total: number }> {
  const what = describe(folder);
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
    what,
    signal,
  };
  const data = await nas.call(call);
  const entries = readItems(data, folder === '' ? 'shares' : 'files', what).map((item) =>
    readEntry(item, folder),
  );
  const { total } = data;
  return { entries, total: typeof total === 'number' ? total : offset + entries.length };
}

function describe(folder: string): string {
  return folder === '' ? 'the list of shares' : `the folder ${JSON.stringify(folder)}`;
}
