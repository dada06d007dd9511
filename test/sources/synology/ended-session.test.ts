import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { failureOf } from '../../temporary-folder.ts';
import { readText, startNas } from './loopback.ts';

const PAGE = '<!DOCTYPE html><html><body>Sorry, the page you are looking for is not found.</body></html>';

/** How a NAS, or what lies before it, answers Download in place of a file; none of them names the session. */
const ANSWERS = [
  [404, 'text/html', PAGE],
  [404, 'text/plain', ''],
  [403, 'text/html', PAGE],
  [401, 'text/html', PAGE],
  [500, 'text/html', PAGE],
  [503, 'text/html', ''],
  [302, 'text/html', ''],
  [200, 'text/html', '<html><title>Sign in</title></html>'],
  [200, 'text/html', ''],
  [200, 'application/octet-stream', '<html>login</html>'],
  [200, 'application/json', '{"error":{"code":407},"success":false}'],
  [200, 'text/plain', '{"error":{"code":400},"success":false}'],
  [404, 'application/json', '{"error":{"code":408},"success":false}'],
  [200, 'application/json', '[]'],
] as const;

describe('a session that has ended between the look at a file and its download', () => {
  test.each(ANSWERS)('is opened anew, once: status %i, %s, %j', async (status, type, body) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'mesh');
    await source.stat('s/a.vtu');
    const take = dsm.faults.take.bind(dsm.faults);
    dsm.faults.take = (api, method, parameters) => {
      const fault = take(api, method, parameters);
      if (fault?.kind === 'answer') dsm.auth.expire(119);
      return fault;
    };
    dsm.faults.add(
      { api: 'Download' },
      { kind: 'answer', status, headers: { 'Content-Type': type, Location: '/login' }, body },
    );
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
    expect(dsm.auth.attempts).toBe(2);
    expect(dsm.calls('Download')).toHaveLength(2);
  });

  test.each([
    ['7.2', 106],
    ['7.2', 107],
    ['6.2', 119],
    ['5.2', 105],
  ] as const)(
    'is opened anew by DSM %s, which says %i, and says it by a page alone',
    async (version, code) => {
      const { dsm, source } = await startNas({ version, errorStyle: 'html-404' });
      dsm.files.write('/s/a.vtu', 'mesh');
      const { version: listed } = await source.stat('s/a.vtu');
      dsm.auth.expire(code);
      // The download is asked for at the same time as the look at the file.
      expect(await readText(source, 's/a.vtu', { ifVersion: listed })).toBe('mesh');
      expect(dsm.auth.attempts).toBe(2);
    },
  );

  test('is opened anew once for 8 downloads at a time', async () => {
    const { dsm, source } = await startNas({ errorStyle: 'empty-404' });
    const paths = Array.from({ length: 8 }, (_, index) => `s/${index}.vtu`);
    for (const path of paths) dsm.files.write(`/${path}`, path);
    const listed = await Promise.all(paths.map((path) => source.stat(path)));
    dsm.auth.expire(119);
    const texts = await Promise.all(
      listed.map(({ path, version }) => readText(source, path, { ifVersion: version })),
    );
    expect(texts).toEqual(paths);
    expect(dsm.auth.attempts).toBe(2);
  });

  test('is opened anew also where the look at it brings a page', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'mesh');
    await source.stat('s/a.vtu');
    const page = {
      kind: 'answer',
      status: 404,
      headers: { 'Content-Type': 'text/html' },
      body: PAGE,
    } as const;
    dsm.faults.add({ api: 'Download' }, page);
    dsm.faults.add({ api: 'FileStation.Info' }, page);
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
    expect(dsm.auth.attempts).toBe(2);
  });
});

test.each([
  ['List', 'getinfo', 404, PAGE],
  ['List', 'getinfo', 200, '<html><title>Sign in</title></html>'],
  ['List', 'list', 403, ''],
] as const)(
  'a session that has ended, which %s %s says by a page with status %i, is opened anew',
  async (api, method, status, body) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'mesh');
    await source.connect();
    dsm.auth.expire(119);
    const headers = { 'Content-Type': 'text/html' };
    dsm.faults.add({ api, method }, { kind: 'answer', status, headers, body });
    if (method === 'list') expect(await source.listDirectory('s')).toHaveLength(1);
    else expect((await source.stat('s/a.vtu')).size).toBe(4);
    expect(dsm.auth.attempts).toBe(2);
  },
);

describe('a session that holds', () => {
  test.each(ANSWERS)('is kept: status %i, %s, %j', async (status, type, body) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'mesh');
    dsm.faults.add(
      { api: 'Download', times: Number.POSITIVE_INFINITY },
      { kind: 'answer', status, headers: { 'Content-Type': type, Location: '/login' }, body },
    );
    const error = await failureOf(source.open('s/a.vtu'));
    expect(isVascuError(error)).toBe(true);
    expect(String(error)).toContain('s/a.vtu');
    expect(dsm.auth.attempts).toBe(1);
    expect(dsm.calls('Download')).toHaveLength(1);
  });

  test('that brings a page again after the new sign-in is an error, not a circle', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'mesh');
    await source.stat('s/a.vtu');
    dsm.faults.add(
      { api: 'Download', times: Number.POSITIVE_INFINITY },
      { kind: 'answer', status: 404, headers: { 'Content-Type': 'text/html' }, body: PAGE },
    );
    dsm.faults.add({ api: 'FileStation.Info', times: Number.POSITIVE_INFINITY }, { kind: 'code', code: 119 });
    const error = await failureOf(source.open('s/a.vtu'));
    expect(isVascuError(error, 'NETWORK') && error.status).toBe(404);
    expect(dsm.auth.attempts).toBe(2);
    expect(dsm.calls('Download')).toHaveLength(2);
  });

  test.each([
    ['application/octet-stream', '<html><body>'],
    ['application/octet-stream', '{"error":{"code":119},"success":false}'],
    // A proxy has named the type by the ending.
    ['application/json', '{"error":{"code":119},"success":false}'],
    ['text/html', '<html><body>'],
  ])('is not looked at for an attachment of %s that looks like an error: %s', async (type, text) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/case_1.json', text);
    const headers = {
      'Content-Type': type,
      'Content-Disposition': "attachment; filename*=UTF-8''case_1.json",
      'Content-Length': String(text.length),
    };
    dsm.faults.add({ api: 'Download' }, { kind: 'answer', status: 200, headers, body: text });
    expect(await readText(source, 's/case_1.json')).toBe(text);
    expect(dsm.calls('FileStation.Info')).toEqual([]);
  });
});
