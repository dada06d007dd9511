import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { cachedRepoFolder } from '../../../src/sources/hugging-face/hub-cache.ts';
import type { HubRepository } from '../../servers/hub-repository.ts';
import { makeFolder } from '../../temporary-folder.ts';

/** A cache as the Python library leaves it after downloading `paths` of the dataset's branch main. */
export async function downloadAsPython(
  repository: HubRepository,
  paths: readonly string[],
  { tree = false, content }: { readonly tree?: boolean; readonly content?: string } = {},
): Promise<string> {
  const cache = await makeFolder();
  const folder = cachedRepoFolder(cache, 'user/cases');
  const commit = repository.find('main');
  if (commit === undefined) throw new Error('no commit');
  const save = async (path: string, bytes: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  await save('refs/main', commit.id);
  for (const path of paths) {
    const file = commit.files.get(path);
    const blob = `blobs/${file?.lfs?.oid ?? file?.oid}`;
    await save(blob, content ?? file?.content ?? '');
    const link = join(folder, 'snapshots', commit.id, path);
    await mkdir(dirname(link), { recursive: true });
    await symlink(relative(dirname(link), join(folder, blob)), link);
  }
  const files = [...commit.files.values()].map(({ path, oid, lfs, content: { byteLength } }) => [
    path,
    { size: byteLength, blob_id: oid, ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }) },
  ]);
  const listing = { format_version: 1, files: Object.fromEntries(files) };
  if (tree) await save(`trees/${commit.id}.json`, JSON.stringify(listing));
  return cache;
}
