import type { ConnectionStep } from '../../core/connection.ts';
import { isVascuError } from '../../core/errors.ts';
import type { FileEntry, ReadOptions, Source } from '../../core/source.ts';
import type { HubClient } from './hub-client.ts';
import type { PinnedCommit } from './hub-pin.ts';
import type { HubPlace } from './options.ts';

/** Source as far as the check looks at it. */
export interface CheckedSource extends Pick<Source, 'list' | 'open'> {
  readonly place: HubPlace;
  commit(options: ReadOptions): Promise<PinnedCommit>;
}

/** Bytes of a file that are read. */
const SAMPLE_BYTES = 1024;

/** Looks at what lies between here and the bytes of a dataset; ends at the first step that fails. */
export async function checkHub(
  source: CheckedSource,
  client: HubClient,
  options: ReadOptions & { readonly path?: string | undefined },
): Promise<readonly ConnectionStep[]> {
  const { place } = source;
  const { signal } = options;
  const path = options.path ?? place.path;
  const kept = place.cacheFolder === undefined ? 'none' : place.cacheFolder;
  let sample: FileEntry | undefined;

  const looks: readonly (readonly [name: string, look: () => Promise<string>])[] = [
    [
      'settings',
      async () =>
        `Hub ${place.endpoint}, ${place.offline ? 'offline: no request is made' : 'online'}, files that Python downloaded: ${kept}`,
    ],
    [
      'token',
      async () => {
        if (place.offline) return 'not looked at offline';
        const user = await client.findUser(signal);
        return user === undefined
          ? `none; for a private or gated dataset ${place.howToGiveToken} yours`
          : `from ${user.from}, of ${user.name}`;
      },
    ],
    [
      'dataset',
      async () => {
        const { commit, from } = await source.commit({ signal });
        const known = {
          hub: '',
          revision: '',
          snapshot: ' (as kept from before)',
          'hub-cache': ' (as downloaded before)',
        };
        return `${place.repoId}, revision ${JSON.stringify(place.revision)} is commit ${commit}${known[from]}`;
      },
    ],
    [
      'list',
      async () => {
        let count = 0;
        let best = -1;
        for await (const entry of source.list({ prefix: path, signal })) {
          count++;
          const worth = worthOf(entry);
          if (worth > best) [best, sample] = [worth, entry];
        }
        return `${count} files${path === undefined ? '' : ` that begin with ${JSON.stringify(path)}`}`;
      },
    ],
    [
      'read a sample',
      async () => {
        if (sample === undefined) return 'there is no file to read';
        const range = { start: 0, end: Math.min(sample.size, SAMPLE_BYTES) };
        const { body, host } = await source.open(sample.path, { range, signal });
        let length = 0;
        for await (const chunk of body) length += chunk.byteLength;
        const where = host ?? (place.offline ? place.cacheFolder : new URL(place.endpoint).host);
        return `${length} of ${sample.size} bytes of ${sample.path} read from ${where}`;
      },
    ],
  ];

  const steps: ConnectionStep[] = [];
  for (const [name, look] of looks) {
    try {
      steps.push({ name, ok: true, found: await look() });
    } catch (error) {
      signal?.throwIfAborted();
      if (!isVascuError(error)) throw error;
      steps.push({ name, ok: false, found: error.message, code: error.code });
      break;
    }
  }
  return steps;
}

/** Rates how much a file tells of the way to meshes: they lie in LFS or Xet, elsewhere than small files. */
function worthOf({ path, size, checksum }: FileEntry): number {
  if (size === 0) return -1;
  const isElsewhere = checksum?.algorithm === 'sha256';
  return (isElsewhere ? 2 : 0) + (/\.p?vt[up]$/i.test(path) ? 1 : 0);
}
