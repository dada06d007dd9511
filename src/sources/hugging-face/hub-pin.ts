import { isVascuError, NetworkError } from '../../core/errors.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { findCachedCommit, listHubCache } from './hub-cache.ts';
import type { HubClient } from './hub-client.ts';
import { isCommit } from './hub-entry.ts';
import { type HubSnapshot, snapshotEntries } from './hub-snapshot.ts';
import { HubTree, type TreeLoader } from './hub-tree.ts';
import type { HubPlace } from './options.ts';

/** The commit that a source reads. */
export interface PinnedCommit {
  readonly commit: string;
  /**
   * Way in which the commit was found. `hub`: the Hub said that the revision is there now; `revision`: the revision is
   * a commit's id; `snapshot` and `hub-cache`: the Hub could or may not be asked, and the revision may meanwhile be
   * somewhere else.
   */
  readonly from: 'hub' | 'revision' | 'snapshot' | 'hub-cache';
  /** True when all its files are known or can be asked for; else only those that were downloaded before are known. */
  readonly complete: boolean;
}

/** A commit with its files. */
export interface PinnedTree extends PinnedCommit {
  readonly tree: HubTree;
  /** Reason why the Hub is not asked; undefined where it is. */
  readonly refusal: NetworkError | undefined;
}

/** Options of {@link pinTree}. */
export interface PinOptions {
  readonly place: HubPlace;
  readonly client: HubClient;
  readonly snapshot: HubSnapshot | undefined;
  /** Ends the search for the commit. */
  readonly signal: AbortSignal;
  /** Ends every request that the tree makes later. */
  readonly closing: AbortSignal;
}

/**
 * Finds out the commit of the revision and what is known of its files. Where the Hub may not be asked, or cannot
 * be reached, what was kept serves: the snapshot, else the cache of the Hub's Python library.
 *
 * @throws NetworkError when nothing was kept
 */
export async function pinTree(options: PinOptions): Promise<PinnedTree> {
  const { place, client, snapshot, closing } = options;
  const offline = place.offline ? offlineError(place) : undefined;
  const { commit, from, failure } = await findCommit(options, offline);
  const tree = new HubTree(commit, hubLoader(client, commit), closing);
  const pinned = { tree, commit, from, refusal: offline ?? failure };
  const known = snapshot?.commit === commit ? snapshot : undefined;
  const slice = new TimeSlice(closing);
  if (known !== undefined && known.partial === undefined) {
    await tree.fill(await snapshotEntries(known, slice));
    return { ...pinned, complete: true };
  }
  if (known?.partial !== undefined) await tree.learn(await snapshotEntries(known, slice), known.partial);
  const kept = place.cacheFolder === undefined ? undefined : await listHubCache(place.cacheFolder, commit);
  if (kept?.complete === true) {
    await tree.fill(kept.entries);
    return { ...pinned, complete: true };
  }
  if (pinned.refusal === undefined) return { ...pinned, complete: true };
  if (kept === undefined && known === undefined) throw pinned.refusal;
  await tree.closeWith(kept?.entries ?? []);
  return { ...pinned, complete: false };
}

async function findCommit(
  { place, client, snapshot, signal }: PinOptions,
  offline: NetworkError | undefined,
): Promise<Pick<PinnedCommit, 'commit' | 'from'> & { readonly failure?: NetworkError }> {
  if (isCommit(place.revision)) return { commit: place.revision, from: 'revision' };
  let failure = offline;
  try {
    if (failure === undefined) return { commit: await client.findCommit(signal), from: 'hub' };
  } catch (error) {
    // A Hub that answers, if only with an error, is no reason to read an old commit.
    if (!isVascuError(error, 'NETWORK') || error.status !== undefined) throw error;
    failure = error;
  }
  if (snapshot !== undefined) return { commit: snapshot.commit, from: 'snapshot', failure };
  const { cacheFolder, revision } = place;
  const commit = cacheFolder === undefined ? undefined : await findCachedCommit(cacheFolder, revision);
  if (commit === undefined) throw failure;
  return { commit, from: 'hub-cache', failure };
}

/** Says that the Hub may not be asked. */
export function offlineError({ repoId, revision, cacheFolder }: HubPlace, path?: string): NetworkError {
  const file = path === undefined ? '' : `the file ${JSON.stringify(path)} of `;
  const where = cacheFolder === undefined ? '' : ` (${cacheFolder})`;
  return new NetworkError(
    `The Hub may not be asked for ${file}the dataset ${repoId} (revision ${JSON.stringify(revision)}), because HF_HUB_OFFLINE or the option "offline" is set, and it was not downloaded before${where}. Unset HF_HUB_OFFLINE and run once with a network.`,
    { retryable: false },
  );
}

function hubLoader(client: HubClient, commit: string): TreeLoader {
  return {
    list: (folder, recursive, signal) => client.listFiles(commit, folder, recursive, signal),
    describe: async (path, signal) =>
      (await client.describe(commit, [path], signal)).find((entry) => entry.path === path),
  };
}
