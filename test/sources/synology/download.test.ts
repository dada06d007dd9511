import { describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { fc, test as property } from '../../property.ts';
import type { RangeStyle } from '../../servers/dsm/download.ts';
import type { ErrorStyle } from '../../servers/dsm/faults.ts';
import { sparse, sparseByte } from '../../servers/dsm/file-tree.ts';
import { failureOf } from '../../temporary-folder.ts';
import { readAll, readText, startNas } from './loopback.ts';

// Waits between tries, and many runs.
vi.setConfig({ testTimeout: 30_000 });

const STYLES: readonly ErrorStyle[] = ['json', 'text', 'json-404', 'html-404', 'empty-404', 'octet-stream'];
const SIZE = 300_000;

function bytesOf(start: number, end: number): Uint8Array {
  return Uint8Array.from({ length: end - start }, (_, index) => sparseByte(start + index));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe('an error in place of a file', () => {
  test.each(STYLES)('is never taken for one: missing, as %s', async (errorStyle) => {
    const { dsm, source } = await startNas({ errorStyle });
    dsm.files.write('/share/a.vtu', 'mesh');
    // It goes between the look at it and its download.
    let seen = false;
    const take = dsm.faults.take.bind(dsm.faults);
    dsm.faults.take = (api, method, parameters) => {
      if (api.endsWith('Download') && !seen) {
        seen = true;
        dsm.files.remove('/share/a.vtu');
      }
      return take(api, method, parameters);
    };
    const error = await failureOf(source.open('share/a.vtu'));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(seen).toBe(true);
  });

  test.each(['json', 'text', 'json-404', 'octet-stream'] as const)(
    'that ends the session is answered with a new one: %s',
    async (errorStyle) => {
      const { dsm, source } = await startNas({ errorStyle });
      dsm.files.write('/share/a.vtu', 'mesh');
      dsm.faults.add({ api: 'Download' }, { kind: 'code', code: 119 });
      expect(await readText(source, 'share/a.vtu')).toBe('mesh');
      expect(dsm.auth.attempts).toBe(2);
    },
  );

  test.each([
    [200, 'text/html', '<html><title>Sign in &gt; portal</title></html>'],
    [200, 'application/octet-stream', '<html>login</html>'],
    [200, 'application/json', '[]'],
    [200, 'application/json', ''],
    [206, 'application/octet-stream', 'part'],
    [302, 'text/html', ''],
  ])('from something else (status %i, %s) is a NetworkError', async (status, type, body) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    const headers = { 'Content-Type': type, Location: 'https://192.0.2.1/login' };
    dsm.faults.add({ api: 'Download' }, { kind: 'answer', status, headers, body });
    const error = await failureOf(source.open('share/a.vtu'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('share/a.vtu');
  });

  test.each([429, 500, 502, 503, 504])(
    'with status %i is retryable, and says how long to wait',
    async (status) => {
      const { dsm, source } = await startNas();
      dsm.files.write('/share/a.vtu', 'mesh');
      const headers = { 'Retry-After': '7' };
      dsm.faults.add({ api: 'Download' }, { kind: 'answer', status, headers, body: '' });
      const error = await failureOf(source.open('share/a.vtu'));
      expect(error).toMatchObject({ code: 'NETWORK', retryable: true, status, retryAfterMs: 7000 });
    },
  );

  test('is not seen in a real file that looks like one', async () => {
    const text = '{"error":{"code":408},"success":false}';
    const { dsm, source } = await startNas();
    dsm.files.write('/share/case_1.json', text);
    dsm.files.write('/share/case_2.json', '{"error":{"code":119},"success":false}');
    dsm.files.write('/share/case_3.vtu', '<html><body>');
    expect(await readText(source, 'share/case_1.json')).toBe(text);
    expect(await readText(source, 'share/case_2.json')).toContain('119');
    expect(await readText(source, 'share/case_3.vtu')).toBe('<html><body>');
    expect(dsm.auth.attempts).toBe(1);
  });
});

describe('a range', () => {
  test('of a file of 5 GiB is read alone, also beyond 4 GiB', async () => {
    const { dsm, source } = await startNas();
    const size = 5 * 1024 ** 3;
    dsm.files.write('/share/big.vtu', sparse(size));
    for (const start of [0, 2 ** 31 - 3, 2 ** 32 - 3, size - 10]) {
      const { body, size: whole } = await source.open('share/big.vtu', { range: { start, end: start + 10 } });
      expect(await new Response(body).bytes()).toEqual(bytesOf(start, start + 10));
      expect(whole).toBe(size);
    }
    expect(source.ranges).toBe('honoured');
    expect(dsm.calls('Download')).toHaveLength(4);
  });

  property(
    'has the right bytes whatever the way to the NAS makes of it',
    [
      fc.constantFrom<RangeStyle>('honoured', 'ignored', 'shifted', 'unlabelled', 'refused'),
      fc.nat(SIZE),
      fc.nat(SIZE),
    ],
    async (ranges, a, b) => {
      const [start, end] = a < b ? [a, b] : [b, a];
      const { dsm, source } = await startNas({ ranges });
      dsm.files.write('/share/a.vtu', sparse(SIZE));
      const { body } = await source.open('share/a.vtu', { range: { start, end } });
      expect(isSame(await new Response(body).bytes(), bytesOf(start, end))).toBe(true);
      await source.close();
      await dsm.close();
    },
    { numRuns: 40 },
  );

  test('that is not honoured is asked for once; after that files are read from their beginning', async () => {
    const { dsm, source } = await startNas({ ranges: 'shifted' });
    dsm.files.write('/share/a.vtu', sparse(SIZE));
    for (const start of [10, 20, 30]) {
      const { body } = await source.open('share/a.vtu', { range: { start, end: SIZE } });
      expect(isSame(await new Response(body).bytes(), bytesOf(start, SIZE))).toBe(true);
    }
    expect(source.ranges).toBe('ignored');
    expect(dsm.calls('Download').filter(({ headers }) => headers.range !== undefined)).toHaveLength(1);
  });

  test('far within a large file is UNSUPPORTED where it is not honoured; the rest of the file is not', async () => {
    const { dsm, source } = await startNas({ ranges: 'ignored' });
    const size = 5 * 1024 ** 3;
    dsm.files.write('/share/big.vtu', sparse(size));
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await failureOf(
        source.open('share/big.vtu', { range: { start: 2 ** 32, end: 2 ** 32 + 9 } }),
      );
      expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('range');
    }
    const { body } = await source.open('share/big.vtu', { range: { start: 100_000, end: 100_009 } });
    expect(await new Response(body).bytes()).toEqual(bytesOf(100_000, 100_009));
  });

  test('of a file that is sent whole frees the connection when its bytes have come', async () => {
    const { dsm, source } = await startNas({ ranges: 'ignored' }, { maxConnections: 1 });
    dsm.files.write('/share/big.vtu', sparse(5 * 1024 ** 3));
    for (let start = 0; start < 3; start++) {
      const { body } = await source.open('share/big.vtu', { range: { start, end: start + 5 } });
      expect(await new Response(body).bytes()).toEqual(bytesOf(start, start + 5));
    }
  });

  test('without bytes, and an empty file, cost no download', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    dsm.files.write('/share/empty.vtu', '');
    expect(await readText(source, 'share/a.vtu', { range: { start: 2, end: 2 } })).toBe('');
    expect(await readText(source, 'share/empty.vtu')).toBe('');
    expect(dsm.calls('Download')).toEqual([]);
  });

  test('is not believed when the file has another size meanwhile', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    dsm.faults.add(
      { api: 'Download' },
      {
        kind: 'answer',
        status: 206,
        headers: { 'Content-Type': 'application/octet-stream', 'Content-Range': 'bytes 1-2/5' },
        body: 'es',
      },
    );
    const error = await failureOf(source.open('share/a.vtu', { range: { start: 1, end: 3 } }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });
});

describe('a body', () => {
  test.each(['cut', 'truncate', 'stall'] as const)(
    'that stops early (%s) fails with a retryable NetworkError, and goes on from there',
    async (kind) => {
      const { dsm, source } = await startNas({}, { idleTimeoutMs: 500 });
      dsm.files.write('/share/a.vtu', sparse(SIZE));
      dsm.faults.add({ api: 'Download' }, { kind, bytes: 100_000 });
      const { body, version } = await source.open('share/a.vtu');
      const reader = body.getReader();
      const chunks: Uint8Array[] = [];
      let length = 0;
      let error: unknown;
      for (;;) {
        const next = await reader.read().catch((failure: unknown) => failure);
        if (typeof next !== 'object' || next === null || !('done' in next)) {
          error = next;
          break;
        }
        const { done, value } = next as ReadableStreamReadResult<Uint8Array>;
        if (done) break;
        chunks.push(value);
        length += value.byteLength;
      }
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
      expect(length).toBe(100_000);
      const rest = await source.open('share/a.vtu', {
        range: { start: length, end: SIZE },
        ifVersion: version,
      });
      chunks.push(await new Response(rest.body).bytes());
      expect(isSame(Buffer.concat(chunks), bytesOf(0, SIZE))).toBe(true);
    },
  );

  test('longer than the file was said to be is not believed', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    const headers = { 'Content-Type': 'application/octet-stream', 'Content-Disposition': 'attachment' };
    dsm.faults.add({ api: 'Download' }, { kind: 'answer', status: 200, headers, body: 'mesh and more' });
    const error = await failureOf(readText(source, 'share/a.vtu'));
    expect(isVascuError(error, 'INTEGRITY')).toBe(true);
  });

  test('of a file that has another size since it was looked at is not handed out', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment',
      'Content-Length': '5',
    };
    dsm.faults.add({ api: 'Download' }, { kind: 'answer', status: 200, headers, body: 'mesh!' });
    const error = await failureOf(source.open('share/a.vtu'));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });

  test('that a proxy has compressed unasked is not handed out', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    const headers = {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': 'attachment',
      'Content-Encoding': 'gzip',
    };
    dsm.faults.add({ api: 'Download' }, { kind: 'answer', status: 200, headers, body: 'mesh' });
    const error = await failureOf(source.open('share/a.vtu'));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(dsm.log.every((request) => request.headers['accept-encoding'] === 'identity')).toBe(true);
  });

  test('gives its connection back: 40 files go over no more connections than there are callers', async () => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < 40; index++) dsm.files.write(`/share/${index}.vtu`, sparse(SIZE));
    for (let index = 0; index < 40; index++) {
      expect(isSame(await readAll(source, `share/${index}.vtu`), bytesOf(0, SIZE))).toBe(true);
    }
    expect(dsm.connections).toBe(2);
  });

  test('that is cancelled frees its connection for the next one', async () => {
    const { dsm, source } = await startNas({}, { maxConnections: 1 });
    dsm.files.write('/share/big.vtu', sparse(5 * 1024 ** 3));
    for (let index = 0; index < 3; index++) {
      const { body } = await source.open('share/big.vtu');
      const reader = body.getReader();
      await reader.read();
      await reader.cancel();
    }
    expect(dsm.calls('Download')).toHaveLength(3);
  });

  test('that is being read does not keep listings from going on', async () => {
    const { dsm, source } = await startNas({}, { maxConnections: 1 });
    dsm.files.write('/share/big.vtu', sparse(5 * 1024 ** 3));
    const { body } = await source.open('share/big.vtu');
    expect((await source.listDirectory('share')).map(({ name }) => name)).toEqual(['big.vtu']);
    await body.cancel();
  });

  test('fails as DISPOSED when the source is closed', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/big.vtu', sparse(5 * 1024 ** 3));
    const { body } = await source.open('share/big.vtu');
    const reader = body.getReader();
    await reader.read();
    await source.close();
    const drain = async (): Promise<void> => {
      for (;;) if ((await reader.read()).done) return;
    };
    expect(isVascuError(await failureOf(drain()), 'DISPOSED')).toBe(true);
    expect(dsm.liveSessions).toBe(0);
  });
});

describe("verify: 'md5'", () => {
  test('has the NAS compute the MD5 once, while the file is read, and ends the task', async () => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/share/a.vtu', 'mesh');
    expect(await readText(source, 'share/a.vtu')).toBe('mesh');
    expect(dsm.calls('MD5', 'start')).toHaveLength(1);
    expect(dsm.calls('MD5', 'stop')).toHaveLength(1);
    expect(dsm.fileStation.tasks.size).toBe(0);
  });

  test.each([
    [0, undefined],
    [0, 'flipped'],
    [2, undefined],
    [2, 'flipped'],
  ])('checks also what is read on after a break: MD5 known after %i polls, %s', async (polls, flipped) => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.fileStation.polls = polls;
    dsm.files.write('/share/a.vtu', sparse(SIZE));
    const { version } = await source.stat('share/a.vtu');
    dsm.faults.add({ api: 'Download' }, { kind: 'cut', bytes: 100_000 });
    const { body } = await source.open('share/a.vtu', { ifVersion: version });
    let length = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of body) length += chunk.byteLength;
    };
    expect(isVascuError(await failureOf(read()), 'NETWORK')).toBe(true);
    if (flipped !== undefined) dsm.faults.add({ api: 'Download' }, { kind: 'flip', at: SIZE - 1 });
    const rest = await source.open('share/a.vtu', {
      ifVersion: version,
      range: { start: length, end: SIZE },
    });
    const outcome = await new Response(rest.body).bytes().catch((error: unknown) => error);
    expect(isVascuError(outcome, 'INTEGRITY')).toBe(flipped !== undefined);
    expect(dsm.fileStation.tasks.size).toBe(0);
  });

  test('ends the task of a file that is not read on', async () => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.fileStation.polls = Number.POSITIVE_INFINITY;
    dsm.files.write('/share/a.vtu', sparse(SIZE));
    const { body } = await source.open('share/a.vtu');
    while (dsm.calls('MD5', 'status').length === 0) await new Promise((resolve) => setImmediate(resolve));
    await body.cancel();
    while (dsm.fileStation.tasks.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(dsm.calls('MD5', 'stop')).toHaveLength(1);
  });

  test('is UNSUPPORTED, before a byte is read, where the NAS computes none', async () => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/share/a.vtu', 'mesh');
    dsm.faults.add(
      { api: 'SYNO.API.Info' },
      { kind: 'edit', edit: (data) => ({ ...data, 'SYNO.FileStation.MD5': null }) },
    );
    const error = await failureOf(source.open('share/a.vtu'));
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('md5');
  });

  test('reads a part that it cannot check, and asks for no MD5 of it', async () => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/share/a.vtu', 'mesh');
    expect(await readText(source, 'share/a.vtu', { range: { start: 1, end: 3 } })).toBe('es');
    expect(await readText(source, 'share/a.vtu', { range: { start: 2, end: 4 } })).toBe('sh');
    expect(await readText(source, 'share/a.vtu', { range: { start: 0, end: 2 } })).toBe('me');
    expect(dsm.calls('MD5')).toEqual([]);
  });

  test.each(['5.2', '7.2'] as const)('finds one changed byte (%s)', async (version) => {
    const { dsm, source } = await startNas({ version }, { verify: 'md5' });
    dsm.files.write('/share/a.vtu', sparse(SIZE));
    dsm.faults.add({ api: 'Download' }, { kind: 'flip', at: 123_456 });
    const error = await failureOf(readAll(source, 'share/a.vtu'));
    expect(isVascuError(error, 'INTEGRITY')).toBe(true);
    expect(isSame(await readAll(source, 'share/a.vtu'), bytesOf(0, SIZE))).toBe(true);
  });

  test('starts a task that the NAS has forgotten once more', async () => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/share/a.vtu', 'mesh');
    dsm.faults.add({ api: 'MD5', method: 'status' }, { kind: 'code', code: 599 });
    expect(await readText(source, 'share/a.vtu')).toBe('mesh');
    expect(dsm.calls('MD5', 'start')).toHaveLength(2);
    expect(dsm.fileStation.tasks.size).toBe(0);
  });

  test.each(['abort', 'close', 'error'] as const)('ends the task also after: %s', async (what) => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/share/a.vtu', 'mesh');
    dsm.fileStation.polls = what === 'error' ? 0 : Number.POSITIVE_INFINITY;
    if (what === 'error') dsm.faults.add({ api: 'MD5', method: 'status' }, { kind: 'code', code: 408 });
    const controller = new AbortController();
    const opening = failureOf(readText(source, 'share/a.vtu', { signal: controller.signal }));
    while (dsm.calls('MD5', 'status').length === 0) await new Promise((resolve) => setImmediate(resolve));
    if (what === 'abort') controller.abort(new Error('stop'));
    if (what === 'close') await source.close();
    const error = await opening;
    expect(dsm.fileStation.tasks.size).toBe(0);
    if (what === 'abort') expect(error).toBe(controller.signal.reason);
    else expect(isVascuError(error, what === 'close' ? 'DISPOSED' : 'NOT_FOUND')).toBe(true);
    await source.close();
    expect(dsm.liveSessions).toBe(0);
  });
});

describe('a file of a known version', () => {
  test('is asked for without waiting for the look at it', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    const { version } = await source.stat('share/a.vtu');
    let look = (): void => {};
    const until = new Promise<void>((resolve) => {
      look = resolve;
    });
    dsm.faults.add({ api: 'List', method: 'getinfo' }, { kind: 'wait', until });
    const opening = source.open('share/a.vtu', { ifVersion: version });
    while (dsm.calls('Download').length === 0) await new Promise((resolve) => setImmediate(resolve));
    look();
    expect(await new Response((await opening).body).text()).toBe('mesh');
  });

  test('that has another one by now is not found, and frees its connection', async () => {
    const { dsm, source } = await startNas({}, { maxConnections: 1 });
    dsm.files.write('/share/big.vtu', sparse(5 * 1024 ** 3));
    const { version } = await source.stat('share/big.vtu');
    dsm.files.write('/share/big.vtu', sparse(5 * 1024 ** 3));
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await failureOf(source.open('share/big.vtu', { ifVersion: version }));
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
      expect(String(error)).toContain('has changed');
    }
    dsm.files.write('/share/small.vtu', 'mesh');
    expect(await readText(source, 'share/small.vtu')).toBe('mesh');
  });

  test.each(['', 'x', '3-', '99-1', '4-1'])('that never was (%j) is not found', async (ifVersion) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/share/a.vtu', 'mesh');
    const error = await failureOf(source.open('share/a.vtu', { ifVersion }));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(isVascuError(await failureOf(source.open('share/b.vtu', { ifVersion })), 'NOT_FOUND')).toBe(true);
  });
});
