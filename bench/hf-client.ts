import { downloadFileToCacheDir, listFiles, snapshotDownload } from '@huggingface/hub';
import { mapLimited } from '../src/core/limit.ts';
import { HuggingFaceSource } from '../src/sources/hugging-face/hugging-face-source.ts';
import { DataStreamer } from '../src/streamers/data-streamer.ts';

/*
 * Downloads one dataset of the loopback Hub into FOLDER, one client in a process of its own:
 *
 *   node bench/hf-client.ts ours|official|official-8 HUB REPO FOLDER
 */
const [client = '', hubUrl = '', name = '', cacheDir = ''] = process.argv.slice(2);
const repo = { type: 'dataset', name } as const;
const CONCURRENCY = 8;
console.debug = (): void => undefined;

if (client === 'ours') {
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
