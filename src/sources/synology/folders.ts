import { NetworkError } from '../../core/errors.ts';
import { mapLimited } from '../../core/limit.ts';
import { wait } from '../../core/retry.ts';
import type { Call, NasConnection } from './connection.ts';
import { ADDITIONAL, type NasEntry, readEntry, readItems } from './entries.ts';
import { listParameter, nasPath, textParameter } from './parameters.ts';

/** Entries asked for at a time. */
const PAGE = 1_000;
/** Pages asked for at a time. */
const CONCURRENCY = 4;
/** How often a folder that changes while it is listed is begun anew. */
const PASSES = 3;
/** Wait before that, milliseconds. */
const CHANGED_MS = 200;

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
