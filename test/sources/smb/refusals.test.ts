import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type AuthReason, type ErrorCode, isVascuError } from '../../../src/core/errors.ts';
import { leftOutReason, statusError } from '../../../src/protocols/smb/status.ts';
import { STATUSES } from '../../../src/protocols/smb/status-table.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { PASSWORD, startSamba, USERNAME } from '../../servers/samba.ts';
import { failureOf } from '../../temporary-folder.ts';

vi.setConfig({ testTimeout: 30_000 });

function open(port: number, options: Partial<SmbSourceOptions> = {}): SmbSource {
  const source = new SmbSource(
    { host: '127.0.0.1', port, username: USERNAME, password: PASSWORD, ...options },
    { retryDelayMs: 1 },
  );
  onTestFinished(() => source.close());
  return source;
}

describeWithSamba('a real server that lets nobody in', () => {
  test.each([
    ['ntlm auth = disabled', 'AUTH', ['STATUS_NTLM_BLOCKED', 'Kerberos is not supported']],
    ['hosts deny = 127.0.0.1', 'AUTH', ['address of this machine', '0x81']],
    ['server min protocol = NT1\n  server max protocol = NT1', 'UNSUPPORTED', ['SMB 1 only']],
  ] as const)('by %s says why', async (line, code, texts) => {
    const samba = await startSamba({ global: [line] });
    onTestFinished(() => samba[Symbol.asyncDispose]());
    const error = await failureOf(open(samba.port).connect());
    expect(isVascuError(error, code)).toBe(true);
    for (const text of texts) expect(String(error)).toContain(text);
  });

  test('is one that knows no user without a password, which the message says', async () => {
    const samba = await startSamba();
    onTestFinished(() => samba[Symbol.asyncDispose]());
    const error = await failureOf(open(samba.port, { password: '' }).connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
    expect(String(error)).toContain('empty password');
  });

  test('but lets one in who has an empty password, not as a guest', async () => {
    const samba = await startSamba({ password: '' });
    onTestFinished(() => samba[Symbol.asyncDispose]());
    for (const guest of [false, true]) {
      const { isGuest } = await open(samba.port, { password: '', guest }).describe();
      expect(isGuest).toBe(false);
    }
  });
});

describe('a server that is no SMB 2 server', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });
  /** Answers the first bytes of each connection and ends it. */
  async function serve(answer: (request: Buffer, connection: number) => Buffer): Promise<number> {
    let connections = 0;
    const server = createServer((socket: Socket) => {
      const connection = connections++;
      socket.on('error', () => {}).once('data', (bytes: Buffer) => socket.end(answer(bytes, connection)));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }
  const isOld = (request: Buffer): boolean => request[4] === 0xff;
  /** SMB 1's answer to NEGOTIATE: the dialect of this number. */
  const oldAnswer = (dialect: number): Buffer => {
    const message = Buffer.alloc(4 + 32 + 37);
    message.writeUInt32BE(message.length - 4, 0);
    message.write('\xffSMBr', 4, 'latin1');
    message[36] = 17;
    message.writeUInt16LE(dialect, 37);
    return message;
  };

  test.each([
    [0x81, 'AUTH', true],
    [0x80, 'NETWORK', false],
    [0x82, 'NETWORK', false],
    [0x83, 'NETWORK', true],
    [0x8f, 'NETWORK', false],
  ] as const)('refuses the connection with NetBIOS code %i: %s', async (reason, code, retryable) => {
    let asked = 0;
    const port = await serve(() => {
      asked++;
      return Buffer.from([0x83, 0, 0, 1, reason]);
    });
    const error = await failureOf(open(port).connect());
    expect(isVascuError(error, code)).toBe(true);
    expect(String(error)).toContain(`NetBIOS 0x83, code 0x${reason.toString(16)}`);
    expect(String(error)).toContain('127.0.0.1');
    if (isVascuError(error, 'NETWORK')) expect(error.retryable).toBe(retryable);
    else expect(isVascuError(error, 'AUTH') && error.reason).toBe('ip-blocked');
    if (!retryable) expect(asked).toBe(1);
  });

  test('speaks SMB 1 at once', async () => {
    const port = await serve(() => oldAnswer(0));
    expect(String(await failureOf(open(port).connect()))).toContain('SMB 1 only');
  });

  test('ends the connection at a word of SMB 2, and speaks SMB 1 when asked', async () => {
    const port = await serve((request) => (isOld(request) ? oldAnswer(0) : Buffer.alloc(0)));
    const error = await failureOf(open(port).connect());
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('SMB 1');
  });

  test.each([
    ['knows no dialect of SMB 1 either', oldAnswer(0xffff)],
    ['says nothing', Buffer.alloc(0)],
    ['says something else', Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
  ])('ends the connection, and %s: it is not said to be one of SMB 1', async (_, answer) => {
    const port = await serve((request) => (isOld(request) ? answer : Buffer.alloc(0)));
    const error = await failureOf(open(port).connect());
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).not.toContain('SMB 1');
  });
});

describeWithSamba('a server that is just starting', () => {
  test('and refuses the first connections is tried again', async () => {
    const samba = await startSamba();
    onTestFinished(() => samba[Symbol.asyncDispose]());
    const { dialTcp } = await import('../../../src/protocols/smb/transport.ts');
    let dials = 0;
    const source = new SmbSource(
      { host: samba.host, port: samba.port, username: USERNAME, password: PASSWORD },
      {
        retryDelayMs: 1,
        // Nobody listens at port 1.
        dial: (endpoint, ...rest) => dialTcp(dials++ < 3 ? { ...endpoint, port: 1 } : endpoint, ...rest),
      },
    );
    onTestFinished(() => source.close());
    expect(await source.listShares()).toContain('sims');
    expect(dials).toBe(4);
  });
});

describe('a server that nobody starts', () => {
  test.each(['connect', 'stat', 'list'] as const)('is given up after five tries: %s', async (how) => {
    let dials = 0;
    const { dialTcp } = await import('../../../src/protocols/smb/transport.ts');
    const source = new SmbSource(
      { host: '127.0.0.1', port: 1, username: 'x', password: 'y' },
      {
        retryDelayMs: 1,
        dial: (...given) => {
          dials++;
          return dialTcp(...given);
        },
      },
    );
    onTestFinished(() => source.close());
    const use = {
      connect: () => source.connect(),
      stat: () => source.stat('a/b'),
      list: () => source.list().next(),
    };
    const error = await failureOf(use[how]());
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('ECONNREFUSED');
    expect(dials).toBe(5);
  });

  test('and one that does not answer is not waited for again', async () => {
    let dials = 0;
    const source = new SmbSource(
      { host: '127.0.0.1', port: 1, username: 'x', password: 'y', connectTimeoutMs: 50 },
      {
        retryDelayMs: 1,
        dial: (_endpoint, _handler, signal) => {
          dials++;
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error));
          });
        },
      },
    );
    onTestFinished(() => source.close());
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(dials).toBe(1);
  });
});

describe('every status that is known', () => {
  test.each([...STATUSES].map(([status, [name]]) => [name, status] as const))(
    '%s is named, and says what to do',
    (name, status) => {
      const error = statusError(status, 'smb://nas/share/x');
      expect(error.message).toContain(name);
      expect(error.message).toContain('smb://nas/share/x');
      expect(error.message.endsWith('.')).toBe(true);
    },
  );

  test.each([
    [0xc0000418, 'AUTH', 'no-permission'],
    [0xc000006d, 'AUTH', 'bad-credentials'],
    [0xc0000071, 'AUTH', 'password-expired'],
    [0xc0000234, 'AUTH', 'account-locked'],
    [0xc0000022, 'AUTH', 'no-permission'],
    [0xc0000034, 'NOT_FOUND', undefined],
    [0xc00000cc, 'NOT_FOUND', undefined],
    [0xc0000103, 'NOT_FOUND', undefined],
    [0xc0000257, 'UNSUPPORTED', undefined],
    [0xc000005e, 'NETWORK', undefined],
    [0xc0000133, 'NETWORK', undefined],
    [0xc00000d0, 'NETWORK', undefined],
    [0xc0000102, 'NETWORK', undefined],
  ] as const satisfies readonly (readonly [number, ErrorCode, AuthReason | undefined])[])(
    'is of its class: %i',
    (status, code, reason) => {
      const error = statusError(status, 'x');
      expect(error.code).toBe(code);
      if (reason !== undefined) expect(isVascuError(error, 'AUTH') && error.reason).toBe(reason);
    },
  );

  test('that is of one folder alone says why a listing passes over it', () => {
    const reasons = [0xc0000022, 0xc0000257, 0x8000002d, 0xc0000279, 0xc000006d, 0xc00000bb, 0xc00000d0].map(
      (status) => leftOutReason(statusError(status, 'x')),
    );
    expect(reasons).toEqual(['no-permission', 'link', 'link', 'link', undefined, undefined, undefined]);
  });
});
