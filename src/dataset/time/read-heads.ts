import { isVascuError } from '../../core/errors.ts';
import { mapLimited } from '../../core/limit.ts';
import type { MeshFile, MeshHeader } from '../../core/mesh-format.ts';
import type { FileEntry } from '../../core/source.ts';
import { retryGone } from '../../files/gone-file.ts';
import { openPlace } from '../../files/ranged-file.ts';
import { openMesh } from '../../formats/registry.ts';
import { planMesh } from '../../mesh/plan-mesh.ts';
import type { DataStreamer } from '../../streamers/data-streamer.ts';

/** Heads that are read at a time. */
const HEADS_AT_ONCE = 32;

/** Heads that are compared with others. */
const MAX_SHARED_HEADS = 64;

/** Facts of a header that tell of steps. */
export type MeshHead = Pick<MeshHeader, 'pointArrays' | 'cellArrays'> & Pick<MeshFile, 'time'>;

/**
 * Reads the heads of files, each once: what is fetched stays in the cache, by the versions of the files.
 *
 * @returns undefined for each that is broken, which reading its samples says more of
 */
export function readHeads(
  streamer: Pick<DataStreamer, 'openParts'>,
  entries: readonly FileEntry[],
  signal: AbortSignal,
): Promise<readonly (MeshHead | undefined)[]> {
  const known = new Map<string, MeshHead>();
  return mapLimited(entries, HEADS_AT_ONCE, async (entry) => {
    const head = await retryGone(() => readHead(streamer, entry, signal));
    return head && shareHead(head, known);
  });
}

/** Gives the same object for heads that say the same: the cases of a data set have the names of their arrays in common. */
function shareHead(head: MeshHead, known: Map<string, MeshHead>): MeshHead {
  const key = JSON.stringify(head);
  const same = known.get(key);
  if (same !== undefined) return same;
  if (known.size < MAX_SHARED_HEADS) known.set(key, head);
  return head;
}

async function readHead(
  streamer: Pick<DataStreamer, 'openParts'>,
  entry: FileEntry,
  signal: AbortSignal,
): Promise<MeshHead | undefined> {
  const { path } = entry;
  const held = await streamer.openParts(path, {
    plan: (file, own) => planMesh(file, { path, attributes: [], geometry: false, signal: own }),
    mode: 'partial',
    entry,
    signal,
  });
  try {
    await using file = await openPlace(held.place);
    const { header, time } = await openMesh(file, { path, parsed: held.parsed, signal });
    const { pointArrays, cellArrays } = header;
    return { pointArrays, cellArrays, time };
  } catch (error) {
    if (!isVascuError(error, 'FORMAT')) throw error;
    return undefined;
  } finally {
    held.release();
  }
}
