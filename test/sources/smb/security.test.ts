import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { Command } from '../../../src/protocols/smb/protocol.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { commandOf, type FrameHook, type FrameProxy, startFrameProxy } from '../../servers/frame-proxy.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { failureOf } from '../../temporary-folder.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** A suite against one server, with a man in the middle for each test. */
function describeServer(
  name: string,
  global: readonly string[],
  body: (
    setUp: (options?: Partial<SmbSourceOptions>) => Promise<{ source: SmbSource; proxy: FrameProxy }>,
  ) => void,
  share: readonly string[] = [],
): void {
  describe(name, () => {
    let samba: Samba;
    beforeAll(async () => {
      samba = await startSamba({ global, share });
      await mkdir(join(samba.folder, 'folder'));
      await writeFile(join(samba.folder, 'x.vtu'), 'content');
    });
    afterAll(() => samba?.[Symbol.asyncDispose]());
    body(async (options = {}) => {
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
    });
  });
}

/** Changes frames of one command. */
function change(command: number, edit: (frame: Buffer) => void): FrameHook {
  return (frame) => {
    if (commandOf(frame) === command) edit(frame);
    return [frame];
  };
}

const read = async (source: SmbSource): Promise<string> =>
  new Response((await source.open('sims/x.vtu')).body).text();

describeWithSamba('SmbSource and what is done on the way', () => {
  describeServer('3.1.1, signed', [], (setUp) => {
    test('a changed answer is not believed', async () => {
      const { source, proxy } = await setUp();
      expect(await read(source)).toBe('content');
      proxy.onReply = change(Command.create, (frame) => {
        const at = frame.indexOf('content');
        if (at >= 0) frame[at] = 0x43;
      });
      const error = await failureOf(read(source));
      expect(isVascuError(error, 'NETWORK')).toBe(true);
      expect(String(error)).toContain('signature');
    });

    test('an answer whose signature was taken off is not believed', async () => {
      const { source, proxy } = await setUp();
      await source.connect();
      proxy.onReply = change(Command.create, (frame) => {
        frame[16] = (frame[16] as number) & ~8;
      });
      expect(String(await failureOf(read(source)))).toContain('unsigned');
    });

    test('a changed negotiation is noticed at the login', async () => {
      const { source, proxy } = await setUp();
      proxy.onReply = change(Command.negotiate, (frame) => {
        frame[72] = (frame[72] as number) ^ 1; // the server's GUID
      });
      const error = await failureOf(source.connect());
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
      expect(String(error)).toContain('changed on its way');
    });

    test('a negotiation that was brought down to 3.0 is noticed', async () => {
      const { source, proxy } = await setUp();
      proxy.onRequest = change(Command.negotiate, (frame) => {
        frame.writeUInt16LE(0x0300, 100 + 2 * 4); // in place of 3.1.1
        frame.writeUInt16LE(0x0300, 100 + 2 * 3);
        frame.fill(0, 92, 100); // no contexts
      });
      const error = await failureOf(read(source));
      expect(isVascuError(error, 'NETWORK')).toBe(true);
      expect(String(error)).toContain('changed on its way');
    });

    test('an echo of what was asked is no answer', async () => {
      const { source, proxy } = await setUp();
      await source.connect();
      proxy.onRequest = (frame, { client }) => {
        const prefix = Buffer.alloc(4);
        prefix.writeUInt32BE(frame.length);
        client.write(Buffer.concat([prefix, frame]));
        return [];
      };
      expect(isVascuError(await failureOf(read(source)), 'NETWORK')).toBe(true);
    });
  });

  describeServer('3.1.1, encrypted', ['server smb encrypt = required'], (setUp) => {
    test('a changed answer is not believed', async () => {
      const { source, proxy } = await setUp();
      await read(source);
      proxy.onReply = (frame) => {
        if (frame[0] === 0xfd) frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
        return [frame];
      };
      const error = await failureOf(read(source));
      expect(isVascuError(error, 'NETWORK')).toBe(true);
      expect(String(error)).toContain('changed on its way');
    });

    test('nothing but the login travels in the clear', async () => {
      const { source, proxy } = await setUp();
      const inTheClear: (number | undefined)[] = [];
      proxy.onRequest = (frame) => {
        if (frame[0] === 0xfe) inTheClear.push(commandOf(frame));
        expect(frame.includes(Buffer.from('x.vtu', 'utf16le'))).toBe(false);
        return [frame];
      };
      expect(await read(source)).toBe('content');
      expect(inTheClear).toEqual([Command.negotiate, Command.sessionSetup, Command.sessionSetup]);
    });
  });

  describeServer(
    'a share that must be encrypted',
    [],
    (setUp) => {
      test('is encrypted, and the list of shares is not', async () => {
        const { source, proxy } = await setUp();
        await source.connect();
        const isSealed: boolean[] = [];
        proxy.onRequest = (frame) => {
          isSealed.push(frame[0] === 0xfd);
          return [frame];
        };
        await source.listShares();
        expect(isSealed).not.toContain(true);
        await source.stat('sims/x.vtu');
        expect(isSealed.at(-1)).toBe(true);
      });
    },
    ['smb encrypt = required'],
  );

  describeServer('2.1', ['server max protocol = SMB2_10'], (setUp) => {
    test('a server that cannot encrypt is refused where encryption is required', async () => {
      const { source } = await setUp({ requireEncryption: true });
      const error = await failureOf(source.connect());
      expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('encryption');
    });

    test('is signed', async () => {
      const { source, proxy } = await setUp();
      await source.connect();
      proxy.onReply = change(Command.create, (frame) => {
        frame[frame.length - 1] = (frame.at(-1) as number) ^ 1;
      });
      expect(String(await failureOf(read(source)))).toContain('signature');
    });

    test.each([0xc000035c, 0xc0000203])('a session that has ended (%i) is set up anew', async (status) => {
      const { source, proxy } = await setUp({ signing: 'if-required' });
      await read(source);
      proxy.onReply = (frame, { index }) => {
        if (index === 0) frame.writeUInt32LE(status, 8);
        return [frame];
      };
      expect(await read(source)).toBe('content');
      expect(proxy.connections.length).toBe(2);
    });

    test('a session that ends while nothing else is under way is set up anew', async () => {
      const { source, proxy } = await setUp({ signing: 'if-required' });
      await source.connect();
      let isOver = false;
      proxy.onReply = (frame, { index }) => {
        if (index === 0 && commandOf(frame) === Command.ioctl && !isOver) {
          isOver = true;
          frame.writeUInt32LE(0xc000035c, 8);
        }
        return [frame];
      };
      expect(await source.listShares()).toEqual(['other', 'sims']);
      expect(isOver).toBe(true);
    });

    test('a request that the server says to work on is waited for longer than the time-out', async () => {
      const { source, proxy } = await setUp({ signing: 'if-required', idleTimeoutMs: 200 });
      await source.connect();
      let held: Buffer | undefined;
      let echoes = 0;
      proxy.onReply = (frame, { client }) => {
        const command = commandOf(frame);
        if (command === Command.create && held === undefined) {
          held = asynchronous(frame);
          return [interim(frame)];
        }
        // Long after the time-out, counted in signs of life.
        if (command === Command.echo && ++echoes === 6 && held !== undefined) client.write(prefixed(held));
        return [frame];
      };
      expect(await source.stat('sims/x.vtu')).toMatchObject({ size: 7 });
      expect(echoes).toBeGreaterThanOrEqual(6);
    });

    test.each([
      [0xc0000257, 'UNSUPPORTED', 'DFS'],
      [0x8000002d, 'UNSUPPORTED', 'symbolic link'],
      [0xc0000043, 'NETWORK', 'STATUS_SHARING_VIOLATION'],
      [0xc0000456, 'NETWORK', '0xc0000456'],
    ] as const)('status %i is %s and says %s', async (status, code, text) => {
      const { source, proxy } = await setUp({ signing: 'if-required' });
      await source.connect();
      proxy.onReply = change(Command.create, (frame) => frame.writeUInt32LE(status, 8));
      const error = await failureOf(source.stat('sims/x.vtu'));
      expect(isVascuError(error, code)).toBe(true);
      expect(String(error)).toContain(text);
      expect(String(error)).toContain('/sims/x.vtu');
    });

    test.each([
      [0xc0000234, 'account-locked'],
      [0xc0000072, 'account-locked'],
      [0xc0000071, 'password-expired'],
      [0xc0000224, 'password-expired'],
      [0xc000006f, 'no-permission'],
      [0xc0000064, 'bad-credentials'],
    ] as const)('status %i of a login is %s', async (status, reason) => {
      const { source, proxy } = await setUp();
      let setups = 0;
      proxy.onReply = change(Command.sessionSetup, (frame) => {
        if (++setups === 2) frame.writeUInt32LE(status, 8);
      });
      const error = await failureOf(source.connect());
      expect(isVascuError(error, 'AUTH') && error.reason).toBe(reason);
    });
  });

  describeServer(
    'guests',
    ['map to guest = bad user', 'guest account = nobody'],
    (setUp) => {
      test('an unknown user is refused, though the server would have a guest', async () => {
        const { source } = await setUp({ username: 'stranger', password: 'x' });
        const error = await failureOf(source.connect());
        expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
        expect(String(error)).toContain('guest');
      });

      test('a guest is let in where that is allowed', async () => {
        const { source } = await setUp({ username: undefined, password: undefined, guest: true });
        expect(await source.describe()).toMatchObject({ isGuest: true, signing: undefined });
        expect(await read(source)).toBe('content');
      });
    },
    ['guest ok = yes'],
  );
});

function prefixed(frame: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(frame.length);
  return Buffer.concat([prefix, frame]);
}

/** The interim answer to the first message of a frame (MS-SMB2 3.3.4.4). */
function interim(frame: Buffer): Buffer {
  const message = asynchronous(
    Buffer.concat([frame.subarray(0, 64), Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0])]),
  );
  message.writeUInt32LE(0x103, 8);
  message.writeUInt32LE(0, 20);
  return message;
}

/** Says of a message that it is asynchronous; related ones behind it stay as they are. */
function asynchronous(frame: Buffer): Buffer {
  const message = Buffer.from(frame);
  message.writeUInt16LE(0, 14);
  message.writeUInt32LE(message.readUInt32LE(16) | 2, 16);
  message.writeBigUInt64LE(77n, 32);
  return message;
}
