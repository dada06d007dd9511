import { mkdir, rename, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { Command } from '../../../src/protocols/smb/protocol.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { commandOf, type FrameProxy, startFrameProxy, withPrefix } from '../../servers/frame-proxy.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { failureOf } from '../../temporary-folder.ts';
import { isContent, writeRepeated } from './share-content.ts';

// Real time-outs and new logins take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const BYTES = 40_000_000;
const FILE = 'sims/file.bin';

/** A promise that is resolved from outside. */
function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describeWithSamba('SmbSource when things go wrong', () => {
  let samba: Samba;
  beforeAll(async () => {
    samba = await startSamba();
    await writeRepeated(join(samba.folder, 'file.bin'), BYTES);
  });
  afterAll(() => samba[Symbol.asyncDispose]());

  /** A source and the man in the middle that it connects through. */
  async function setUp(
    options: Partial<SmbSourceOptions> = {},
  ): Promise<{ source: SmbSource; proxy: FrameProxy }> {
    const proxy = await startFrameProxy(samba.port);
    const source = new SmbSource({
      host: samba.host,
      port: proxy.port,
      username: USERNAME,
      password: PASSWORD,
      ...options,
    });
    onTestFinished(async () => {
      await source.close();
      await proxy[Symbol.asyncDispose]();
    });
    return { source, proxy };
  }

  /** Reads a file and calls `onChunk` after each chunk. */
  async function readAll(
    source: SmbSource,
    onChunk?: (offset: number) => Promise<void> | void,
  ): Promise<number> {
    let offset = 0;
    const { body, recycle } = await source.open(FILE);
    for await (const chunk of body) {
      expect(isContent(chunk, offset)).toBe(true);
      offset += chunk.length;
      recycle?.(chunk);
      await onChunk?.(offset);
    }
    return offset;
  }

  /** Does something to the answers to READ from the `from`th on. */
  function onRead(
    proxy: FrameProxy,
    from: number,
    act: (frame: Buffer, count: number) => readonly Buffer[],
  ): void {
    let count = 0;
    proxy.onReply = (frame) =>
      commandOf(frame) === Command.read && ++count >= from ? act(frame, count) : [frame];
  }

  test('fifty calls at once connect once', async () => {
    const { source, proxy } = await setUp();
    await Promise.all(Array.from({ length: 50 }, () => source.stat(FILE)));
    expect(proxy.connections.length).toBe(1);
  });

  test('a read goes on from the same byte when its connection is cut', async () => {
    const { source, proxy } = await setUp();
    const bytes = await readAll(source, (offset) => {
      if (offset > 10_000_000 && proxy.connections.length === 1) proxy.connections[0]?.client.destroy();
    });
    expect(bytes).toBe(BYTES);
    expect(proxy.connections.length).toBe(2);
  });

  test.each(['always', 'if-required'] as const)(
    'a read goes on when the connection is cut in the middle of an answer, signing %s',
    async (signing) => {
      const { source, proxy } = await setUp({ signing });
      let isCut = false;
      onRead(proxy, 5, (frame) => {
        if (isCut) return [frame];
        isCut = true;
        const { client } = proxy.connections[0] as { client: import('node:net').Socket };
        client.end(withPrefix(frame).subarray(0, 300_000));
        return [];
      });
      expect(await readAll(source)).toBe(BYTES);
    },
  );

  test('a restart of the server in mid-read: it goes on, or fails retryably, and a new open works', async () => {
    await using own = await startSamba({ folder: samba.folder });
    const { host, port } = own;
    await using source = new SmbSource({ host, port, username: USERNAME, password: PASSWORD });
    let restarts = 0;
    const outcome = await readAll(source, async (offset) => {
      if (offset < 10_000_000 || restarts++ > 0) return;
      await own.stop();
      await own.start();
    }).catch((error: unknown) => error);
    expect(restarts).toBeGreaterThan(0);
    if (outcome !== BYTES) expect(isVascuError(outcome, 'NETWORK') && outcome.retryable).toBe(true);
    expect(await readAll(source)).toBe(BYTES);
  });

  test('a server that is gone in mid-read ends it with a retryable NETWORK error', async () => {
    const { source, proxy } = await setUp();
    const error = await failureOf(
      readAll(source, async (offset) => {
        if (offset > 10_000_000) await proxy[Symbol.asyncDispose]();
      }),
    );
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });

  test('a call after the connection was lost connects anew', async () => {
    const { source, proxy } = await setUp();
    await source.stat(FILE);
    proxy.connections[0]?.client.destroy();
    expect((await source.stat(FILE)).size).toBe(BYTES);
    expect(proxy.connections.length).toBe(2);
  });

  test('a host that accepts and never answers is a NETWORK error within the time-out', async () => {
    const hole = createServer();
    await new Promise<void>((resolve) => void hole.listen(0, '127.0.0.1', resolve));
    const { port } = hole.address() as { port: number };
    await using source = new SmbSource({
      host: '127.0.0.1',
      port,
      username: 'x',
      password: 'y',
      connectTimeoutMs: 100,
    });
    const error = await failureOf(source.connect());
    hole.close();
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(String(error)).toContain('0.1 s');
  });

  test('a port where nobody listens is told at once, with what to check', async () => {
    await using source = new SmbSource({ host: '127.0.0.1', port: 1, username: 'x', password: 'y' });
    const error = await failureOf(source.stat('share/x'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('ECONNREFUSED');
  });

  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'NETWORK', 'the port of an SMB server'],
    ['SMB 1', '\0\0\0\x24\xffSMB' + '\0'.repeat(32), 'UNSUPPORTED', 'SMB 1'],
    ['nothing', '', 'NETWORK', 'closed the connection'],
    ['an empty frame', '\0\0\0\0', 'NETWORK', 'a frame of 0 bytes'],
  ] as const)('a server that answers %s is told as such', async (_, answer, code, text) => {
    const server = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end(Buffer.from(answer, 'latin1')));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await using source = new SmbSource({ host: '127.0.0.1', port, username: 'x', password: 'y' });
    const error = await failureOf(source.connect());
    server.close();
    expect(isVascuError(error, code)).toBe(true);
    expect(String(error)).toContain(text);
  });

  test('a name with several addresses, of which not all answer', async () => {
    const { port } = samba;
    await using source = new SmbSource({ host: 'localhost', port, username: USERNAME, password: PASSWORD });
    expect(await readAll(source)).toBe(BYTES);
  });

  test('a name that does not exist is told as such', async () => {
    await using source = new SmbSource({ host: 'no-such-host.invalid', username: 'x', password: 'y' });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('no-such-host.invalid');
  });

  test('closing while it connects ends that with DISPOSED', async () => {
    const { source } = await setUp();
    const connecting = failureOf(source.connect());
    await source.close();
    expect(isVascuError(await connecting, 'DISPOSED')).toBe(true);
  });

  test('one call that is aborted while it connects does not end the others', async () => {
    const { source } = await setUp();
    const controller = new AbortController();
    const aborted = failureOf(source.stat(FILE, { signal: controller.signal }));
    const other = source.stat(FILE);
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    expect((await other).size).toBe(BYTES);
  });

  test('a file opened for a call that was aborted is closed', async () => {
    const { source, proxy } = await setUp();
    await source.stat(FILE);
    const controller = new AbortController();
    const answered = deferred<void>();
    const closed = deferred<void>();
    proxy.onReply = (frame) => {
      if (commandOf(frame) !== Command.create) return [frame];
      controller.abort(new Error('stop'));
      answered.resolve();
      return [frame];
    };
    proxy.onRequest = (frame) => {
      if (commandOf(frame) === Command.close) closed.resolve();
      return [frame];
    };
    await failureOf(source.open(FILE, { signal: controller.signal }));
    await answered.promise;
    await closed.promise;
  });

  test('a server that falls silent in mid-read is given up; the read goes on over a new connection', async () => {
    const { source, proxy } = await setUp({ idleTimeoutMs: 400 });
    proxy.onReply = (frame, { index }) => {
      if (index === 0 && commandOf(frame) === Command.read) proxy.onReply = silent;
      return [frame];
    };
    const silent: FrameProxy['onReply'] = (frame, { index }) => (index === 0 ? [] : [frame]);
    expect(await readAll(source)).toBe(BYTES);
    expect(proxy.connections.length).toBe(2);
  });

  test('a request that is never answered, while others are, ends in a NETWORK error', async () => {
    const { source, proxy } = await setUp({ idleTimeoutMs: 400 });
    await source.connect();
    await source.stat(FILE);
    proxy.onReply = (frame) => (commandOf(frame) === Command.create ? [] : [frame]);
    const error = await failureOf(source.stat(FILE));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });

  test('an abort rejects a call that hangs with its reason, and cancels the request', async () => {
    const { source, proxy } = await setUp();
    await source.stat(FILE);
    const asked = deferred<void>();
    const cancelled = deferred<bigint>();
    let created: bigint | undefined;
    proxy.onRequest = (frame) => {
      if (commandOf(frame) === Command.create) {
        created = frame.readBigUInt64LE(24);
        asked.resolve();
        return [];
      }
      if (commandOf(frame) === Command.cancel) cancelled.resolve(frame.readBigUInt64LE(24));
      return [frame];
    };
    const controller = new AbortController();
    const reason = new Error('stop');
    const call = failureOf(source.stat(FILE, { signal: controller.signal }));
    await asked.promise;
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(await cancelled.promise).toBe(created);
  });

  test('an abort ends a body that waits, and cancels what is under way', async () => {
    const { source, proxy } = await setUp();
    const controller = new AbortController();
    const { body } = await source.open(FILE, { signal: controller.signal });
    const reader = body.getReader();
    await reader.read();
    let cancels = 0;
    const allCancelled = deferred<void>();
    proxy.onReply = () => [];
    proxy.onRequest = (frame) => {
      if (commandOf(frame) === Command.cancel && ++cancels === 4) allCancelled.resolve();
      return [frame];
    };
    const reason = new Error('stop');
    const waiting = failureOf(reader.read().then(() => reader.read()));
    setImmediate(() => controller.abort(reason));
    expect(await waiting).toBe(reason);
    await allCancelled.promise;
  });

  test('a body that is cancelled closes its file', async () => {
    const { source, proxy } = await setUp();
    const closed = deferred<void>();
    proxy.onRequest = (frame) => {
      if (commandOf(frame) === Command.close) closed.resolve();
      return [frame];
    };
    const { body } = await source.open(FILE);
    await body.cancel();
    await closed.promise;
  });

  test('close ends what is under way with DISPOSED', async () => {
    const { source, proxy } = await setUp();
    const { body } = await source.open(FILE);
    const reader = body.getReader();
    await reader.read();
    proxy.onReply = () => [];
    const reading = failureOf(
      (async () => {
        for (;;) await reader.read();
      })(),
    );
    await source.close();
    expect(isVascuError(await reading, 'DISPOSED')).toBe(true);
  });

  test('a file that was changed while the connection was lost is NOT_FOUND, not a mixture', async () => {
    const { source, proxy } = await setUp();
    const path = join(samba.folder, 'changing.bin');
    await writeRepeated(path, BYTES);
    const { body } = await source.open('sims/changing.bin');
    const error = await failureOf(
      (async () => {
        for await (const _ of body) {
          if (proxy.connections.length > 1) continue;
          await utimes(path, 1, 1);
          proxy.connections[0]?.client.destroy();
        }
      })(),
    );
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('has changed');
  });

  test.each([
    ['small', 1000],
    ['large', BYTES],
  ])('a %s file that is written to while it is read is not handed over as whole', async (name, bytes) => {
    const { source, proxy } = await setUp({ signing: 'if-required' });
    const path = join(samba.folder, `${name}.bin`);
    await writeRepeated(path, bytes);
    const { version } = await source.stat(`sims/${name}.bin`);
    proxy.onReply = (frame) => {
      // As the server would say it of a file that was written to between CREATE and CLOSE.
      const close = frame.subarray(frame.lastIndexOf('\u00feSMB', undefined, 'latin1'));
      if (commandOf(close) === Command.close) close[88] = (close[88] as number) ^ 1;
      return [frame];
    };
    const error = await failureOf(
      source
        .open(`sims/${name}.bin`, { ifVersion: version })
        .then(({ body }) => new Response(body).arrayBuffer()),
    );
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('changed while it was read');
  });

  test('a file that becomes shorter while it is read fails, and does not end early', async () => {
    const { source } = await setUp();
    const path = join(samba.folder, 'shrinking.bin');
    await writeRepeated(path, BYTES);
    const { body } = await source.open('sims/shrinking.bin');
    const reader = body.getReader();
    await reader.read();
    await truncate(path, 100);
    const error = await failureOf(
      (async () => {
        for (;;) if ((await reader.read()).done) return;
      })(),
    );
    expect(isVascuError(error, 'NOT_FOUND', 'NETWORK')).toBe(true);
  });

  test('a file replaced by one of the same size and time has another version', async () => {
    const { source } = await setUp();
    const path = join(samba.folder, 'twin.bin');
    await writeFile(path, 'one');
    await utimes(path, 1000, 1000);
    const before = await source.stat('sims/twin.bin');
    await writeFile(`${path}.new`, 'two');
    await utimes(`${path}.new`, 1000, 1000);
    await rename(`${path}.new`, path);
    expect((await source.stat('sims/twin.bin')).version).not.toBe(before.version);
  });

  test('eight files at a time arrive whole, also when chunks are given back twice', async () => {
    const { host, port } = samba;
    await using source = new SmbSource({ host, port, username: USERNAME, password: PASSWORD });
    const read = async (): Promise<boolean> => {
      let offset = 0;
      let isEqual = true;
      const { body, recycle } = await source.open(FILE);
      for await (const chunk of body) {
        isEqual &&= isContent(chunk, offset);
        offset += chunk.length;
        recycle?.(chunk);
        recycle?.(chunk);
      }
      return isEqual && offset === BYTES;
    };
    expect(await Promise.all(Array.from({ length: 8 }, read))).not.toContain(false);
  });

  test('asks for the password at each login', async () => {
    let logins = 0;
    const { source, proxy } = await setUp({
      password: async () => {
        logins++;
        return PASSWORD;
      },
    });
    await source.stat(FILE);
    proxy.connections[0]?.client.destroy();
    await source.stat(FILE);
    expect(logins).toBe(2);
  });

  test('folders are listed whole where each needs a round trip', async () => {
    const { source } = await setUp({ share: 'sims' });
    const expected: string[] = [];
    for (let index = 0; index < 60; index++) {
      const folder = `deep/${String(index).padStart(2, '0')}/a/b`;
      await mkdir(join(samba.folder, folder), { recursive: true });
      await writeFile(join(samba.folder, folder, 'x.vtu'), '');
      expected.push(`${folder}/x.vtu`);
    }
    const paths: string[] = [];
    for await (const { path } of source.list({ prefix: 'deep/' })) paths.push(path);
    expect(paths).toEqual(expected);
  });
});
