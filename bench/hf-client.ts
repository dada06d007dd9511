import { downloadFileToCacheDir, listFiles, snapshotDownload } from '@huggingface/hub';
import { mapLimited } from '../src/core/limit.ts';

/*
 * Downloads one dataset of the loopback Hub into FOLDER, one client in a process of its own:
 *
 *   node bench/hf-client.ts ours|official|official-8 HUB REPO FOLDER
 *
 * Ours as it is published, since the official client comes compiled as well: after `npm run build`.
 */
const [client = '', hubUrl = '', name = '', cacheDir = ''] = process.argv.slice(2);
const repo = { type: 'dataset', name } as const;
const CONCURRENCY = 8;
console.debug = (): void => undefined;

if (client === 'ours') {
  const built = (path: string): Promise<unknown> => import(new URL(`../dist/${path}`, import.meta.url).href);
  const { HuggingFaceSource } = (await built(
    'sources/hugging-face/hugging-face-source.js',
  )) as typeof import('../src/sources/hugging-face/hugging-face-source.ts');
  const { DataStreamer } = (await built(
    'streamers/data-streamer.js',
  )) as typeof import('../src/streamers/data-streamer.ts');
  const source = new HuggingFaceSource({
    repoId: name,
    endpoint: hubUrl,
    environment: {},
    hubCacheDir: false,
  });
  await using streamer = new DataStreamer(source, { cacheDir });
  const entries = await streamer.listFiles();
  await mapLimited(entries, CONCURRENCY, (entry) => streamer.getFile(entry.path, { entry }));
} else if (client === 'official') {
  await snapshotDownload({ repo, hubUrl, cacheDir });
} else {
  const paths: string[] = [];
  for await (const { type, path } of listFiles({ repo, hubUrl, recursive: true })) {
    if (type === 'file') paths.push(path);
  }
  await mapLimited(paths, CONCURRENCY, (path) => downloadFileToCacheDir({ repo, hubUrl, path, cacheDir }));
}
