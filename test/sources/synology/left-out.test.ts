import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { failureOf } from '../../temporary-folder.ts';
import { listAll } from '../list-all.ts';
import { startNas } from './loopback.ts';

describe('folders of systems', () => {
  const SYSTEM = ['#RECYCLE', '#snapshot', '@Recently-Snapshot', '@Recycle', '@eadir', '@tmp', 'lost+found'];

  test('are passed over, of whatever maker and in any case, and told of; files of such names are files', async () => {
    const { dsm, source } = await startNas();
    for (const name of SYSTEM) dsm.files.write(`/s/a/${name}/x.vtu`, 'x');
    for (const path of ['s/a/1.vtu', 's/DfsrPrivate', 's/.snapshot/x.vtu']) dsm.files.write(`/${path}`, 'x');
    expect(await listAll(source)).toEqual({
      paths: ['s/DfsrPrivate', 's/a/1.vtu'],
      leftOut: SYSTEM.map((name) => ({ path: `s/a/${name}`, reason: 'system-folder' })),
    });
    expect((await listAll(source, 's/D')).leftOut).toEqual([]);
  });

  test.each(['s/#recycle/', 's/#recycle', 's/#recycle/old/', 's/.snapshot/'])(
    'are listed where a prefix names one: %s',
    async (prefix) => {
      const { dsm, source } = await startNas();
      for (const path of ['#recycle/old/1.vtu', '.snapshot/1.vtu', 'x.vtu'])
        dsm.files.write(`/s/${path}`, 'x');
      const { paths, leftOut } = await listAll(source, prefix);
      expect(paths).toHaveLength(1);
      expect(leftOut).toEqual([]);
    },
  );

  test('are listed where the sourceDir names one', async () => {
    const { dsm, source } = await startNas({}, { sourceDir: 's/#snapshot/monday' });
    dsm.files.write('/s/#snapshot/monday/1.vtu', 'x');
    dsm.files.write('/s/#snapshot/monday/@eaDir/1.vtu', 'x');
    const { paths, leftOut } = await listAll(source);
    expect(paths).toEqual(['s/#snapshot/monday/1.vtu']);
    expect(leftOut).toEqual([{ path: 's/#snapshot/monday/@eaDir', reason: 'system-folder' }]);
  });
});

describe('one folder that cannot be read', () => {
  test.each([
    [105, 'no-permission'],
    [403, 'no-permission'],
    [404, 'no-permission'],
    [405, 'no-permission'],
    [406, 'no-permission'],
    [407, 'no-permission'],
    [409, 'link'],
    [410, 'link'],
    [413, 'name'],
    [418, 'name'],
    [419, 'name'],
  ] as const)('(code %i) is told of as %s, and the rest is listed', async (code, reason) => {
    const { dsm, source } = await startNas();
    for (const path of ['a/1.vtu', 'b/2.vtu', 'b/deep/3.vtu', 'c/4.vtu']) dsm.files.write(`/s/${path}`, 'x');
    dsm.files.folder('s/b').refusal = code;
    expect(await listAll(source)).toEqual({
      paths: ['s/a/1.vtu', 's/c/4.vtu'],
      leftOut: [{ path: 's/b', reason }],
    });
    expect(dsm.auth.attempts).toBe(1);
  });

  test('is also a share that was not asked for', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/a/1.vtu', 'x');
    dsm.files.share('b', { refusal: 407 });
    expect(await listAll(source)).toEqual({
      paths: ['a/1.vtu'],
      leftOut: [{ path: 'b', reason: 'no-permission' }],
    });
  });

  test('is an error where it is the folder that was asked for', async () => {
    const { dsm, source } = await startNas({}, { sourceDir: 's/b' });
    dsm.files.write('/s/b/2.vtu', 'x');
    dsm.files.folder('s/b').refusal = 407;
    const error = await failureOf(listAll(source));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
  });

  test('is an error where the whole of File Station is refused meanwhile', async () => {
    const { dsm, source } = await startNas();
    for (const path of ['a/1.vtu', 'b/2.vtu']) dsm.files.write(`/s/${path}`, 'x');
    dsm.faults.add({ api: 'List', method: 'list', after: 1, times: 99 }, { kind: 'code', code: 160 });
    expect(isVascuError(await failureOf(listAll(source)), 'AUTH')).toBe(true);
  });
});

describe('a place that is no folder', () => {
  test('is said to be a file, or to be missing, with what there is', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a/1.vtu', 'x');
    dsm.files.folder('s/empty');
    await source.assertFolder('s/empty');
    const file = await failureOf(source.assertFolder('s/a/1.vtu'));
    expect(isVascuError(file, 'NOT_FOUND')).toBe(true);
    expect(String(file)).toContain('is a file, not a folder');
    expect(String(await failureOf(source.assertFolder('s/b')))).toContain('the folder "s" exists');
    expect(String(await failureOf(source.assertFolder('sims')))).toContain('those seen are: s');
  });

  test.each([
    ['s/a/1.vtu', 'is a file, not a folder'],
    ['s/a/1.vtu/x', 'the folder "s/a" exists'],
    ['t', 'those seen are: s'],
  ])('as sourceDir %s is NOT_FOUND: %s', async (sourceDir, text) => {
    const { dsm, source } = await startNas({}, { sourceDir });
    dsm.files.write('/s/a/1.vtu', 'x');
    const error = await failureOf(listAll(source));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain(text);
  });
});
