import { chmod, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { LocalSource } from '../../../src/sources/local/local-source.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { listAsOther } from '../as-other-user.ts';
import { type Listed, listAll } from '../list-all.ts';

const listFolder = (sourceUrl: string, prefix?: string): Promise<Listed> =>
  listAll(new LocalSource({ sourceUrl }), prefix);

/** Takes rights away, and gives them back so that the folder can be removed. */
async function forbid(folder: string, name: string, mode: number): Promise<void> {
  await chmod(folder, 0o755);
  await chmod(join(folder, name), mode);
  onTestFinished(() => chmod(join(folder, name), 0o755));
}

describe('a local folder', () => {
  test('passes over the folders of systems, in any case, and says so; hidden ones silently', async () => {
    const folder = await makeFolder({
      'live/1.vtu': '',
      '@Recycle/2.vtu': '',
      '~SNAPSHOT/2.vtu': '',
      '$Recycle.Bin/S-1-5/2.vtu': '',
      'live/@eaDir/2.vtu': '',
      'live/Lost+Found/2.vtu': '',
      '.snapshot/2.vtu': '',
      DfsrPrivate: 'a file of this name',
    });
    expect(await listFolder(folder)).toEqual({
      paths: ['DfsrPrivate', 'live/1.vtu'],
      leftOut: ['$Recycle.Bin', '@Recycle', 'live/@eaDir', 'live/Lost+Found', '~SNAPSHOT'].map((path) => ({
        path,
        reason: 'system-folder',
      })),
    });
  });

  test.each(['@Recycle/', '@Recycle/old/', '@Recycle', '.snapshot/'])(
    'lists a folder of a system that is named: %s',
    async (prefix) => {
      const folder = await makeFolder({ '@Recycle/old/2.vtu': '', '.snapshot/2.vtu': '', 'x.vtu': '' });
      const { paths, leftOut } = await listFolder(folder, prefix);
      expect(paths).toHaveLength(1);
      expect(leftOut).toEqual([]);
      expect((await listFolder(join(folder, '@Recycle'))).paths).toEqual(['old/2.vtu']);
    },
  );

  test('tells of links that lead back or nowhere', async () => {
    const folder = await makeFolder({ 'a/deep/x.vtu': '' });
    await symlink('..', join(folder, 'a/deep/back'));
    await symlink(folder, join(folder, 'a/root'));
    await symlink('nowhere.vtu', join(folder, 'broken.vtu'));
    await symlink('self.vtu', join(folder, 'self.vtu'));
    const reason = 'link';
    expect(await listFolder(folder)).toEqual({
      paths: ['a/deep/x.vtu'],
      leftOut: ['a/deep/back', 'a/root', 'broken.vtu', 'self.vtu'].map((path) => ({ path, reason })),
    });
  });

  test.each([
    ['cannot be listed nor entered', 0o000],
    ['can be entered and not listed', 0o711],
    ['can be listed and not entered', 0o744],
  ])('lists what lies beside a folder that %s', async (_, mode) => {
    const folder = await makeFolder({ 'a/1.vtu': '', 'b/2.vtu': '', 'b/deep/3.vtu': '', 'c/4.vtu': '' });
    await forbid(folder, 'b', mode);
    const { paths, leftOut, error } = await listAsOther(folder);
    expect(error).toBeUndefined();
    expect(paths).toEqual(['a/1.vtu', 'c/4.vtu']);
    expect(leftOut).toEqual([{ path: 'b', reason: 'no-permission' }]);
  });

  test('lists what lies beside a link into what may not be entered', async () => {
    const folder = await makeFolder({ 'a/1.vtu': '', 'b/deep/3.vtu': '' });
    await forbid(folder, 'b', 0o700);
    await symlink('../b/deep', join(folder, 'a/link'));
    const { paths, leftOut } = await listAsOther(folder, 'a/');
    expect(paths).toEqual(['a/1.vtu']);
    expect(leftOut).toEqual([{ path: 'a/link', reason: 'no-permission' }]);
  });

  test.each([0o700, 0o711, 0o744])('that may not be read itself (%i) is an error', async (mode) => {
    const folder = await makeFolder({ 'top/1.vtu': '' });
    await forbid(folder, 'top', mode);
    const { paths, error } = await listAsOther(join(folder, 'top'));
    expect(paths).toEqual([]);
    expect(error?.code).toBe('CONFIG');
    expect(error?.message).toContain(join(folder, 'top'));
  });
});

describe('assertFolder of a local folder', () => {
  test('takes a folder, also an empty one, and says what is there in its place', async () => {
    const folder = await makeFolder({ 'a/1.vtu': '' });
    await mkdir(join(folder, 'empty'));
    const source = new LocalSource({ sourceUrl: folder });
    await source.assertFolder('empty');
    const file = await failureOf(source.assertFolder('a/1.vtu'));
    expect(isVascuError(file, 'NOT_FOUND')).toBe(true);
    expect(String(file)).toContain('is a file, not a folder');
    for (const path of ['nope', 'a/1.vtu/x', '../x']) {
      expect(isVascuError(await failureOf(source.assertFolder(path)), 'NOT_FOUND')).toBe(true);
    }
  });
});
