import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { type SmbConnectionInfo, SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { failureOf } from '../../temporary-folder.ts';
import {
  BIG_BYTES,
  FAR_BYTES,
  FAR_OFFSET,
  isContent,
  MANY,
  makeContent,
  SMALL_BYTES,
  UNICODE_NAMES,
} from './share-content.ts';

// 200 MB by a slow cipher on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** A way to set up a server, and what the client makes of it. */
export interface SetUp {
  readonly name: string;
  readonly global?: readonly string[];
  readonly share?: readonly string[];
  readonly client?: Partial<SmbSourceOptions>;
  readonly expected: Partial<SmbConnectionInfo>;
}

/** Runs everything that must hold against each kind of server. */
export function testSetUps(name: string, setUps: readonly SetUp[]): void {
  describeWithSamba(name, () => {
    let folder: string;
    beforeAll(async () => {
      folder = await makeContent();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    describe.each(setUps)('$name', ({ global, share, client, expected }) => {
      let samba: Samba;
      let source: SmbSource;
      const make = (options: Partial<SmbSourceOptions> = {}): SmbSource => {
        const { host, port } = samba;
        return new SmbSource({ host, port, username: USERNAME, password: PASSWORD, ...client, ...options });
      };
      beforeAll(async () => {
        samba = await startSamba({ global, share, folder });
        source = make();
      });
      afterAll(async () => {
        await source?.close();
        await samba?.[Symbol.asyncDispose]();
      });

      test('agrees on what was meant', async () => {
        expect(await source.describe()).toMatchObject(expected);
      });

      test.each([
        ['empty.bin', 0],
        ['one.bin', 1],
        ['small.bin', SMALL_BYTES],
        ['big.bin', BIG_BYTES],
      ])('reads %s, %i bytes', async (file, size) => {
        const { body, recycle, ...entry } = await source.open(`sims/${file}`);
        let offset = 0;
        let isEqual = true;
        for await (const chunk of body) {
          isEqual &&= isContent(chunk, offset);
          offset += chunk.length;
          recycle?.(chunk);
        }
        expect(entry.size).toBe(size);
        expect(offset).toBe(size);
        expect(isEqual).toBe(true);
      });

      test('reads 16 bytes behind 4 GiB', async () => {
        const range = { start: FAR_OFFSET, end: FAR_OFFSET + FAR_BYTES.length };
        const { body, size } = await source.open('sims/sparse.bin', { range });
        expect(size).toBe(5 * 1024 ** 3);
        expect(await new Response(body).text()).toBe(FAR_BYTES);
      });

      test('lists 2,500 files with their sizes and versions', async () => {
        const entries = [];
        for await (const entry of source.list({ prefix: 'sims/many/' })) entries.push(entry);
        expect(new Set(entries.map(({ path }) => path)).size).toBe(MANY);
        for (const entry of entries) {
          expect(entry.size).toBe(Number(/case-(\d+)/.exec(entry.path)?.[1]) % 7);
        }
        expect(await source.stat(entries[1234]?.path ?? '')).toEqual(entries[1234]);
      });

      test('names in any script are listed and read', async () => {
        const names = (await source.listDirectory('sims/unicode')).map((entry) => entry.name);
        expect(names).toEqual(UNICODE_NAMES.toSorted());
        for (const file of names) {
          expect(await new Response((await source.open(`sims/unicode/${file}`)).body).text()).toBe(file);
        }
      });

      test('lists the shares that are shown, and hidden ones when asked', async () => {
        expect(await source.listShares()).toEqual(['other', 'sims']);
        expect(await source.listShares({ hidden: true })).toEqual(['hidden$', 'other', 'sims']);
      });

      test.each([
        ['share', 'nope/x.vtu'],
        ['folder', 'sims/nope/x.vtu'],
        ['file', 'sims/nope.vtu'],
      ])('a missing %s is NOT_FOUND and named', async (_, path) => {
        for (const use of [() => source.open(path), () => source.stat(path)]) {
          const error = await failureOf(use());
          expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
          expect(String(error)).toContain(path.startsWith('nope') ? '/nope' : path);
        }
      });

      test('a share and a file that may not be read are no-permission', async () => {
        for (const path of ['other/one.bin', 'sims/denied/file.vtu']) {
          const error = await failureOf(source.open(path));
          expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
        }
      });

      test('a wrong password is bad-credentials, and in no message', async () => {
        await using stranger = make({ password: 'not-the-password' });
        const error = await failureOf(stranger.connect());
        expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
        expect(String(error)).not.toContain('not-the-password');
      });
    });
  });
}
