import { describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { fc, test as property } from '../../property.ts';
import { failureOf } from '../../temporary-folder.ts';
import { collect, readText, startNas } from './loopback.ts';

// Waits between tries, and many runs.
vi.setConfig({ testTimeout: 30_000 });

const NAMES = [
  'Gefäß ä.vtu',
  'Gefa\u0308ß.vtu',
  '血管 1.vtu',
  'a b  c.vtu',
  'a+b.vtu',
  '100%.vtu',
  '%41.vtu',
  '#1.vtu',
  '7up.vtu',
  'a,b.vtu',
  'a\\b.vtu',
  '"quoted" & \'so\'?.vtu',
  '[x]{y}~`!@$^()=;.vtu',
  '🫀.vtu',
  '-dash.vtu',
];

const VERSIONS = ['5.2', '6.2', '7.2'] as const;

describe('names', () => {
  test.each(VERSIONS)('of every kind are listed, found and read (%s)', async (version) => {
    const { dsm, source } = await startNas({ version });
    for (const name of NAMES) dsm.files.write(`/Proben 1+2%/${name}/${name}`, name);
    const paths = NAMES.map((name) => `Proben 1+2%/${name}/${name}`).toSorted();
    expect((await collect(source)).map(({ path }) => path)).toEqual(paths);
    const found = await Promise.all(paths.map((path) => source.stat(path)));
    expect(found.map(({ path }) => path)).toEqual(paths);
    for (const name of NAMES) expect(await readText(source, `Proben 1+2%/${name}/${name}`)).toBe(name);
  });

  property(
    'of any characters come back as they are',
    [
      fc.constantFrom(...VERSIONS),
      fc.uniqueArray(
        fc
          .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
          .filter((name) => !/[/\0]/.test(name) && !name.startsWith('.')),
        { minLength: 1, maxLength: 5 },
      ),
    ],
    async (version, names) => {
      const { dsm, source } = await startNas({ version });
      for (const name of names) dsm.files.write(`/s/${name}`, name);
      const wanted = names.filter((name) => !name.startsWith('#') && !name.startsWith('@'));
      const listed = (await collect(source)).map(({ path }) => path);
      expect(listed).toEqual(expect.arrayContaining(wanted.map((name) => `s/${name}`)));
      for (const name of names) expect(await readText(source, `s/${name}`)).toBe(name);
      await source.close();
      await dsm.close();
    },
    { numRuns: 30 },
  );

  test('that are no Unicode are not found, and disturb nobody who asks at the same time', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'a');
    const bad = failureOf(source.stat('s/\uD800.vtu'));
    expect((await source.stat('s/a.vtu')).size).toBe(1);
    expect(isVascuError(await bad, 'NOT_FOUND')).toBe(true);
  });

  test('that a NAS gives and that lead out of the folder are refused', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'a');
    for (const name of ['../../x.vtu', '..', 'a/b', '']) {
      dsm.faults.add(
        { api: 'List', method: 'list' },
        { kind: 'edit', edit: (data) => ({ ...data, files: [{ isdir: false, name, path: `/s/${name}` }] }) },
      );
      const error = await failureOf(source.listDirectory('s'));
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    }
  });
});

describe('a large folder', () => {
  test('of 10,000 entries is listed by pages of 1,000, each name once', async () => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < 10_000; index++) dsm.files.write(`/s/many/case_${index}.vtu`, 'x');
    const entries = await source.listDirectory('s/many');
    expect(new Set(entries.map(({ name }) => name)).size).toBe(10_000);
    const pages = dsm.calls('List', 'list').map(({ parameters }) => Number(parameters.get('offset')));
    expect(pages.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, page) => page * 1000));
    const listed = (await collect(source, 's/many/')).map(({ path }) => path);
    expect(listed).toHaveLength(10_000);
    expect(listed).toEqual(listed.toSorted());
  });

  test('is listed by shorter pages where the NAS gives no longer ones', async () => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < 250; index++) dsm.files.write(`/s/case_${index}.vtu`, 'x');
    dsm.faults.add(
      { api: 'List', method: 'list', times: Number.POSITIVE_INFINITY },
      { kind: 'edit', edit: (data) => ({ ...data, files: (data['files'] as unknown[]).slice(0, 100) }) },
    );
    expect(await source.listDirectory('s')).toHaveLength(250);
  });

  test('that changes between two pages is listed anew', async () => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < 2500; index++) dsm.files.write(`/s/case_${index}.vtu`, 'x');
    let changed = false;
    dsm.faults.add(
      { api: 'List', method: 'list' },
      {
        kind: 'edit',
        edit: (data) => {
          if (!changed) dsm.files.write('/s/a_new_one.vtu', 'x');
          changed = true;
          return { ...data };
        },
      },
    );
    const entries = await source.listDirectory('s');
    expect(entries).toHaveLength(2501);
    expect(new Set(entries.map(({ name }) => name)).size).toBe(2501);
  });

  test('whose total is never what it gives is an error', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'x');
    dsm.faults.add(
      { api: 'List', method: 'list', times: Number.POSITIVE_INFINITY },
      { kind: 'edit', edit: (data) => ({ ...data, total: 2 }) },
    );
    const error = await failureOf(source.listDirectory('s'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('2 entries');
  });
});

describe('listings', () => {
  test('of shares are sorted names; of a folder what is in it', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/b/deep/x.vtu', 'x');
    dsm.files.write('/b/a.vtu', 'aa');
    dsm.files.share('a');
    expect(await source.listShares()).toEqual(['a', 'b']);
    const [file, folder] = await source.listDirectory('/b/');
    expect(file).toMatchObject({ name: 'a.vtu', path: 'b/a.vtu', isDirectory: false, size: 2 });
    expect(file?.modified).toBeInstanceOf(Date);
    expect(folder).toMatchObject({ name: 'deep', path: 'b/deep', isDirectory: true, size: 0 });
    expect((await source.listDirectory('')).map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('pass over hidden names and what DSM keeps for itself', async () => {
    const { dsm, source } = await startNas();
    for (const name of [
      '.x.vtu',
      '.git/x.vtu',
      '#recycle/x.vtu',
      '@eaDir/x.vtu',
      '#snapshot/x.vtu',
      'x.vtu',
      '#1.vtu',
    ]) {
      dsm.files.write(`/s/${name}`, 'x');
    }
    expect((await collect(source)).map(({ path }) => path)).toEqual(['s/#1.vtu', 's/x.vtu']);
    expect(await collect(source, 's/.git/')).toEqual([]);
    expect((await source.stat('s/.x.vtu')).size).toBe(1);
    expect(await source.listDirectory('s')).toHaveLength(7);
  });

  test('are limited to the sourceDir, and ask nothing beside it', async () => {
    const { dsm, source } = await startNas({}, { sourceDir: '/s/cases/' });
    for (const path of ['s/cases/a.vtu', 's/cases/deep/b.vtu', 's/cases2/c.vtu', 't/d.vtu'])
      dsm.files.write(`/${path}`, 'x');
    expect((await collect(source)).map(({ path }) => path)).toEqual(['s/cases/a.vtu', 's/cases/deep/b.vtu']);
    expect(await collect(source, 's/cases2/')).toEqual([]);
    expect(await collect(source, 't/')).toEqual([]);
    expect(await collect(source, 's/cases/d')).toHaveLength(1);
    expect(dsm.calls('List', 'list').some(({ url }) => url.includes('cases2'))).toBe(false);
  });

  test('with a prefix ask only for the folders that can have it', async () => {
    const { dsm, source } = await startNas();
    for (const path of ['s/a/1/x.vtu', 's/a/2/x.vtu', 's/b/x.vtu', 't/x.vtu'])
      dsm.files.write(`/${path}`, 'x');
    expect(await collect(source, 's/a/1')).toHaveLength(1);
    expect(dsm.calls('List', 'list')).toHaveLength(2);
  });

  test('end their requests when they are left early', { timeout: 10_000 }, async () => {
    const { dsm, source } = await startNas({}, { idleTimeoutMs: 60_000 });
    for (let index = 0; index < 50; index++) dsm.files.write(`/s/${index}/x.vtu`, 'x');
    // More of them than there are connections for listings.
    dsm.faults.add({ mentions: '/s/1', times: Number.POSITIVE_INFINITY }, { kind: 'hang' });
    for await (const entry of source.list()) {
      expect(entry.path).toBe('s/0/x.vtu');
      break;
    }
    expect(await source.listDirectory('s')).toHaveLength(50);
    expect(dsm.calls('List', 'list').length).toBeLessThan(12);
  });

  test('of a sourceDir that is missing say what there is', async () => {
    const { dsm, source } = await startNas({}, { sourceDir: 's/cases/none/deep' });
    dsm.files.write('/s/cases/a.vtu', 'x');
    const error = await failureOf(collect(source));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('the folder "s/cases" exists');
    const other = await failureOf(source.listDirectory('shar/x'));
    expect(isVascuError(other, 'NOT_FOUND')).toBe(true);
    expect(String(other)).toContain('those seen are: s');
    expect(String(await failureOf(source.listDirectory('s/cases/a.vtu')))).toContain(
      'is a file, not a folder',
    );
  });

  test.each([
    [407, 'AUTH', 'Permissions'],
    [403, 'AUTH', 'Permissions'],
    [409, 'NETWORK', 'offline'],
    [410, 'NETWORK', 'offline'],
  ] as const)(
    'of a share that is refused with %i say why, and are not tried again',
    async (refusal, code, text) => {
      const { dsm, source } = await startNas();
      dsm.files.write('/far/a.vtu', 'x');
      dsm.files.share('far', { refusal });
      for (const use of [source.listDirectory('far'), source.stat('far/a.vtu'), source.open('far/a.vtu')]) {
        const error = await failureOf(use);
        expect(isVascuError(error, code)).toBe(true);
        expect(String(error)).toContain(text);
      }
      expect(dsm.calls('List', 'list')).toHaveLength(1);
    },
  );

  test.each([
    [{ kind: 'code', code: 402 }, 2],
    [{ kind: 'code', code: 421 }, 2],
    [{ kind: 'code', code: 117 }, 2],
    [{ kind: 'answer', status: 502, headers: { 'Retry-After': '0' }, body: '' }, 2],
    [{ kind: 'answer', status: 200, body: '<html>starting</html>' }, 2],
    [{ kind: 'reset' }, 2],
  ] as const)('are tried again after %o', async (fault, requests) => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'x');
    dsm.faults.add({ api: 'List', method: 'list' }, fault);
    expect(await source.listDirectory('s')).toHaveLength(1);
    expect(dsm.calls('List', 'list').length).toBeGreaterThanOrEqual(requests);
  });

  test.each([
    ['code', 100],
    ['code', 417],
    ['answer', 200],
  ] as const)('fail when %s %i comes a second time', async (kind, value) => {
    const { dsm, source } = await startNas();
    const fault =
      kind === 'code' ? ({ kind, code: value } as const) : ({ kind, status: value, body: '<html>' } as const);
    dsm.faults.add({ api: 'List', method: 'list', times: Number.POSITIVE_INFINITY }, fault);
    expect(isVascuError(await failureOf(source.listDirectory('s')), 'NETWORK')).toBe(true);
    expect(dsm.calls('List', 'list')).toHaveLength(2);
  });

  test('of a server that hangs end with the idle time-out', async () => {
    const { dsm, source } = await startNas({}, { idleTimeoutMs: 500 });
    dsm.faults.add({ api: 'List', times: Number.POSITIVE_INFINITY }, { kind: 'hang' });
    const error = await failureOf(source.listDirectory('s'));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  });
});

describe('single files', () => {
  test('asked for at the same time go together in few requests', async () => {
    const { dsm, source } = await startNas();
    const paths = Array.from({ length: 500 }, (_, index) => `s/a folder/case_${index}.vtu`);
    for (const path of paths) dsm.files.write(`/${path}`, path);
    const found = await Promise.all(paths.map((path) => source.stat(path)));
    expect(found.map(({ path }) => path)).toEqual(paths);
    expect(found.map(({ size }) => size)).toEqual(paths.map(({ length }) => length));
    expect(dsm.calls('List', 'getinfo').length).toBeLessThan(12);
    expect(dsm.log.every(({ url }) => url.length < 8000)).toBe(true);
  });

  test('that are missing do not disturb the others, and say what is there', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/deep/a.vtu', 'x');
    const [a, error] = await Promise.all([
      source.stat('s/deep/a.vtu'),
      failureOf(source.stat('s/deep/er/b.vtu')),
    ]);
    expect(a.size).toBe(1);
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('the folder "s/deep" exists');
  });

  test('are asked for one by one where the NAS refuses them together', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'x');
    dsm.files.write('/s/b.vtu', 'xx');
    dsm.faults.add({ api: 'List', method: 'getinfo' }, { kind: 'code', code: 407 });
    const found = await Promise.all([source.stat('s/a.vtu'), source.stat('s/b.vtu')]);
    expect(found.map(({ size }) => size)).toEqual([1, 2]);
  });
});
