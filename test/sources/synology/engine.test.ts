import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { sparse, sparseByte } from '../../servers/dsm/file-tree.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { startNas } from './loopback.ts';

vi.setConfig({ testTimeout: 30_000 });

const SIZE = 500_000;
const EXPECTED = Uint8Array.from({ length: SIZE }, (_, index) => sparseByte(index));

async function startStreamer(
  ...[options, sourceOptions]: Parameters<typeof startNas>
): Promise<Awaited<ReturnType<typeof startNas>> & { readonly streamer: DataStreamer }> {
  const nas = await startNas(options, sourceOptions);
  const cacheDir = join(await makeFolder(), 'cache');
  const streamer = new DataStreamer(nas.source, { cacheDir, retryDelayMs: 1 });
  onTestFinished(() => streamer.close());
  for (let index = 0; index < 24; index++) nas.dsm.files.write(`/s/${index}.vtu`, sparse(SIZE));
  return { ...nas, streamer };
}

test('the download engine fills the cache from 8 callers while the session ends and connections break', async () => {
  const { dsm, streamer } = await startStreamer({ version: '6.2' }, { verify: 'md5' });
  const entries = await streamer.listFiles({ pattern: '*.vtu' });
  dsm.faults.add({ api: 'Download', after: 3, times: 4 }, { kind: 'cut', bytes: 200_000 });
  dsm.faults.add({ api: 'Download', after: 9, times: 2 }, { kind: 'truncate', bytes: 100_000 });
  dsm.faults.add({ api: 'Download', after: 12 }, { kind: 'flip', at: 300_000 });
  let done = 0;
  const pending = [...entries];
  const caller = async (): Promise<void> => {
    for (let entry = pending.shift(); entry !== undefined; entry = pending.shift()) {
      using held = await streamer.openFile(entry.path, { entry });
      expect(Buffer.compare(await readFile(held.path), EXPECTED)).toBe(0);
      if (++done === 10) dsm.auth.expire(119);
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  expect(done).toBe(24);
  expect(dsm.auth.attempts).toBe(2);
  expect(dsm.fileStation.tasks.size).toBe(0);
  const report = await streamer.checkConnection();
  expect(report.ok).toBe(true);
  await streamer.close();
  expect(dsm.liveSessions).toBe(0);
});

test('what is resumed is not fetched again, and costs no second look at what came', async () => {
  const { dsm, streamer } = await startStreamer();
  dsm.faults.add({ api: 'Download' }, { kind: 'cut', bytes: 400_000 });
  using held = await streamer.openFile('s/1.vtu');
  expect(Buffer.compare(await readFile(held.path), EXPECTED)).toBe(0);
  expect(dsm.calls('Download').map(({ headers }) => headers.range)).toEqual([
    undefined,
    'bytes=400000-499999',
  ]);
  expect(streamer.stats().bytesDownloaded).toBe(SIZE);
});

test('a wrong password is tried once by 16 callers of the engine', async () => {
  const { dsm, streamer } = await startStreamer({}, { password: 'wrong' });
  const errors = await Promise.all(
    Array.from({ length: 16 }, (_, index) => failureOf(streamer.openFile(`s/${index}.vtu`))),
  );
  for (const error of errors) expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
  expect(dsm.auth.attempts).toBe(1);
});
