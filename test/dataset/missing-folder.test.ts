import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { NASStreamer } from '../../src/streamers/nas-streamer.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { PASSWORD as SAMBA_PASSWORD, startSamba, USERNAME } from '../servers/samba.ts';
import { PASSWORD } from '../sources/synology/loopback.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

vi.setConfig({ testTimeout: 30_000 });

/** What is said of each folder of a source that has `case.vtu`, `texts/a.txt` and, where it can, `empty/`. */
const SAID: readonly (readonly [sourceDir: string, text: RegExp])[] = [
  ['case.vtu', /case\.vtu".*is a file, not a folder|case\.vtu.*is a file, not a folder/],
  ['nope', /nope/],
  ['nope/deep', /nope/],
  ['texts', /There is no mesh file .* in .*texts, which holds 1 file\./],
];

async function check(options: VascuDatasetOptions, sourceDir: string, text: RegExp): Promise<void> {
  const error = await failureOf(VascuDataset.open({ ...options, sourceDir }));
  expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
  expect((error as Error).message).toMatch(text);
  expect((error as Error).message).not.toMatch(/holds 0|(?<!:|:\/)\/\//);
}

describe('a sourceDir that holds no samples', () => {
  test.each([...SAID, ['empty', /which holds no file at all/] as const])(
    'of a local folder: %s',
    async (sourceDir, text) => {
      const sourceUrl = await makeFolder({ 'case.vtu': '', 'texts/a.txt': 'x' });
      await mkdir(join(sourceUrl, 'empty'));
      await check({ sourceUrl }, sourceDir, text);
    },
  );

  test.each(SAID)('of a source of your own: %s', async (sourceDir, text) => {
    const source = new MemorySource();
    for (const path of ['case.vtu', 'texts/a.txt']) source.put(path, new Uint8Array(1));
    await check({ source, cacheDir: await makeFolder() }, sourceDir, text);
  });

  test.each([...SAID, ['empty', /which holds no file at all/] as const])(
    'of a NAS by web API: %s',
    async (sourceDir, text) => {
      const dsm = await LoopbackDsm.start();
      onTestFinished(() => dsm.close());
      dsm.files.write('/s/case.vtu', 'x');
      dsm.files.write('/s/texts/a.txt', 'x');
      dsm.files.folder('s/empty');
      const sourceUrl = `nas://127.0.0.1:${dsm.port}/s/${sourceDir}`;
      const options = {
        sourceUrl,
        secure: false,
        username: 'alice',
        password: PASSWORD,
        proxy: false,
      } as const;
      await check(
        { ...options, onWarning: () => undefined, cacheDir: await makeFolder() },
        `s/${sourceDir}`,
        text,
      );
    },
  );
});

describeWithSamba('a folder of an SMB server that holds no samples', () => {
  test('is said to be missing, a file, or empty, by the dataset and by the streamer', async () => {
    const samba = await startSamba();
    onTestFinished(() => samba[Symbol.asyncDispose]());
    await writeFile(join(samba.folder, 'case.vtu'), 'x');
    await mkdir(join(samba.folder, 'texts'));
    await writeFile(join(samba.folder, 'texts/a.txt'), 'x');
    await mkdir(join(samba.folder, 'empty'));
    const account = { username: USERNAME, password: SAMBA_PASSWORD, cacheDir: await makeFolder() };
    const at = (path: string): string => `smb://${samba.host}:${samba.port}/${path}`;
    for (const [path, text] of SAID)
      await check({ ...account, sourceUrl: at(`sims/${path}`) }, `sims/${path}`, text);
    await check({ ...account, sourceUrl: at('sims/empty') }, 'sims/empty', /holds no file at all/);
    await check({ ...account, sourceUrl: at('sim/x') }, 'sim/x', /Those it shows are: other, sims/);
    for (const path of ['sims/case.vtu', 'sims/nope', 'sim']) {
      await using nas = new NASStreamer({ ...account, sourceUrl: at(path) });
      expect(isVascuError(await failureOf(nas.listFiles()), 'NOT_FOUND')).toBe(true);
      if (path !== 'sim') expect(await nas.listFiles({ prefix: `${path}/` })).toEqual([]);
    }
  });
});
