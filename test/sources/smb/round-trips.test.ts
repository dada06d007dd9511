import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Command } from '../../../src/protocols/smb/protocol.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { commandOf, type FrameProxy, startFrameProxy, withPrefix } from '../../servers/frame-proxy.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { isContent, writeRepeated } from './share-content.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const FILES = 3000;
const SIZE = 200_000;

describeWithSamba('round trips to a share', () => {
  let samba: Samba;
  let proxy: FrameProxy;
  let source: SmbSource;
  let cacheDir: string;
  /** Commands of frames from the client, of their first request. */
  const sent: (number | undefined)[] = [];

  beforeAll(async () => {
    samba = await startSamba({ global: ['server signing = mandatory'] });
    cacheDir = await mkdtemp(join(tmpdir(), 'vascusim-round-trips-'));
    await mkdir(join(samba.folder, 'many'));
    const names = Array.from({ length: FILES }, (_, index) => `case-${String(index).padStart(4, '0')}.vtu`);
    for (let at = 0; at < FILES; at += 100) {
      await Promise.all(
        names.slice(at, at + 100).map((name) => writeFile(join(samba.folder, 'many', name), '')),
      );
    }
    await writeRepeated(join(samba.folder, 'small.vtu'), SIZE);
    await writeFile(join(samba.folder, 'tiny.vtu'), 'tiny');
    proxy = await startFrameProxy(samba.port);
    const account = { username: USERNAME, password: PASSWORD, share: 'sims' };
    source = new SmbSource({ host: samba.host, port: proxy.port, ...account });
    await source.connect();
  });
  afterAll(async () => {
    await source.close();
    await proxy[Symbol.asyncDispose]();
    await samba[Symbol.asyncDispose]();
    await rm(cacheDir, { recursive: true, force: true });
  });

  /** Counts the frames that are sent meanwhile. */
  async function count(action: () => Promise<void>): Promise<(number | undefined)[]> {
    sent.length = 0;
    proxy.onRequest = (frame) => {
      sent.push(commandOf(frame));
      return [frame];
    };
    await action();
    return [...sent];
  }

  test('a folder of some thousand files takes one', async () => {
    const paths: string[] = [];
    const frames = await count(async () => {
      for await (const { path } of source.list({ prefix: 'many/' })) paths.push(path);
    });
    expect(paths).toHaveLength(FILES);
    expect(new Set(paths).size).toBe(FILES);
    // Nobody waits for the answer to the closing.
    expect(frames.filter((command) => command !== Command.close)).toEqual([Command.create]);
  });

  test.each([
    ['small.vtu', SIZE],
    ['tiny.vtu', 4],
  ])('a small file of known version takes one: %s', async (path, size) => {
    const { version } = await source.stat(path);
    let bytes = new Uint8Array();
    const frames = await count(async () => {
      bytes = await new Response((await source.open(path, { ifVersion: version })).body).bytes();
    });
    expect(frames).toEqual([Command.create]);
    expect(bytes).toHaveLength(size);
    if (size === SIZE) expect(isContent(bytes, 0)).toBe(true);
    else expect(new TextDecoder().decode(bytes)).toBe('tiny');
  });

  test('a byte that was changed behind the opening of its file is noticed by its signature', async () => {
    const account = { username: USERNAME, password: PASSWORD, share: 'sims' };
    const other = new SmbSource({ host: samba.host, port: proxy.port, ...account });
    await using streamer = new DataStreamer(other, { cacheDir, retryDelayMs: 1 });
    const before = proxy.connections.length;
    let changed = 0;
    proxy.onReply = (frame) => {
      if (commandOf(frame) !== Command.create || frame.length < SIZE || changed > 0) return [frame];
      changed++;
      frame[frame.length - SIZE / 2] = (frame[frame.length - SIZE / 2] as number) ^ 1;
      return [frame];
    };
    using held = await streamer.openFile('small.vtu');
    expect([changed, proxy.connections.length - before]).toEqual([1, 2]);
    expect(isContent(await readFile(held.path), 0)).toBe(true);
  });

  test.each([1, 7, 79, 80, 81, 4096, 70_000])(
    'a frame that comes in pieces of %i bytes is put together',
    async (piece) => {
      const { version } = await source.stat('small.vtu');
      proxy.onReply = (frame, { client }) => {
        if (commandOf(frame) !== Command.create || frame.length < SIZE) return [frame];
        const bytes = withPrefix(frame);
        // Small pieces only around what the reader looks for.
        const near = Math.min(bytes.length, 20 * piece);
        for (let at = 0; at < near; at += piece) client.write(bytes.subarray(at, Math.min(near, at + piece)));
        client.write(bytes.subarray(near));
        return [];
      };
      const { body } = await source.open('small.vtu', { ifVersion: version });
      const bytes = await new Response(body).bytes();
      proxy.onReply = (frame) => [frame];
      expect(bytes).toHaveLength(SIZE);
      expect(isContent(bytes, 0)).toBe(true);
    },
  );
});
