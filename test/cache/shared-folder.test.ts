import { chmod, chown, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharingOf } from '../../src/cache/sharing.ts';
import { makeFolder } from '../temporary-folder.ts';
import { ANN, BOB, describeWithUsers, GROUP, getAs } from './users.ts';

/** A folder with such a mode that belongs to the group. */
async function makeSharedFolder(mode: number, owner = 0): Promise<string> {
  const folder = await makeFolder();
  await chmod(folder, 0o755);
  const shared = join(folder, 'shared');
  await mkdir(shared);
  await chown(shared, owner, GROUP);
  await chmod(shared, mode);
  return shared;
}

/** What in a cache its group may not read and write. */
async function closedToGroup(cacheDir: string): Promise<string[]> {
  const names = await readdir(cacheDir, { recursive: true });
  const closed: string[] = [];
  for (const name of names) {
    const { mode, gid } = await stat(join(cacheDir, name));
    if (gid !== GROUP || (mode & 0o060) !== 0o060) closed.push(name);
  }
  return closed;
}

describeWithUsers('a cache in a folder that is shared', () => {
  test.each([
    ['022', 'set-group-ID', 0o2775, ''],
    ['002', 'set-group-ID', 0o2775, ''],
    ['077', 'set-group-ID', 0o2770, ''],
    ['077', 'set-group-ID', 0o2775, 'made/by/ann'],
    ['022', 'writable by its group', 0o770, ''],
    ['077', 'writable by its group', 0o775, ''],
    ['077', 'writable by all', 0o777, ''],
  ])('with umask %s, %s, is used by both users', async (umask, _, mode, below) => {
    const cacheDir = join(await makeSharedFolder(mode), below);
    const paths = ['a.vtu', 'b.vtu', 'c.json'];
    const first = await getAs(ANN, umask, cacheDir, paths);
    const other = await getAs(BOB, umask, cacheDir, [...paths, 'd.vtu']);
    const again = await getAs(ANN, umask, cacheDir, [...paths, 'd.vtu', 'e.vtu']);
    expect(
      [first, other, again].flatMap(({ errors, wrong, warnings }) => [...errors, ...wrong, ...warnings]),
    ).toEqual([]);
    expect([other.hits, again.hits]).toEqual([paths, [...paths, 'd.vtu']]);
    expect(await closedToGroup(cacheDir)).toEqual([]);
  });

  test("that is its owner's alone keeps its files to itself", async () => {
    const cacheDir = await makeSharedFolder(0o755, ANN);
    await getAs(ANN, '022', cacheDir, ['a.vtu']);
    const [prefix = ''] = await readdir(join(cacheDir, 'objects'));
    const [name = ''] = await readdir(join(cacheDir, 'objects', prefix));
    expect((await stat(join(cacheDir, 'objects', prefix, name))).mode & 0o777).toBe(0o600);
  });

  test("with the sticky bit, in which nobody removes what is another's, serves both", async () => {
    const cacheDir = await makeSharedFolder(0o3777);
    const first = await getAs(ANN, '022', cacheDir, ['a.vtu']);
    const other = await getAs(BOB, '022', cacheDir, ['a.vtu', 'b.vtu']);
    const again = await getAs(ANN, '022', cacheDir, ['a.vtu', 'b.vtu', 'c.vtu']);
    expect([first, other, again].flatMap(({ errors, wrong }) => [...errors, ...wrong])).toEqual([]);
    expect([other.hits, again.hits]).toEqual([['a.vtu'], ['a.vtu', 'b.vtu']]);
  });

  test('gives to its owner what root makes in it', async () => {
    const cacheDir = await makeSharedFolder(0o755, ANN);
    await getAs(0, '022', cacheDir, ['a.vtu']);
    const own = await getAs(ANN, '022', cacheDir, ['a.vtu', 'b.vtu']);
    expect(own).toEqual({ hits: ['a.vtu'], wrong: [], errors: [], warnings: [] });
  });
});

describe('sharingOf', () => {
  const of = (mode: number) => sharingOf({ mode, uid: process.getuid?.() ?? 0, gid: 5 });

  test.skipIf(process.platform === 'win32').each([
    [0o2775, 0o660, 0o2770],
    [0o2755, 0o640, 0o2750],
    [0o0770, 0o660, 0o2770],
    [0o0777, 0o666, 0o2777],
    [0o1777, 0o666, 0o2777],
    [0o0702, 0o602, 0o702],
  ])('gives the rights that %o says', (mode, fileMode, folderMode) => {
    expect(of(mode)).toMatchObject({ fileMode, folderMode });
  });

  test.each([0o755, 0o700, 0o750])('leaves a folder with mode %o to its owner', (mode) => {
    expect(of(mode)).toBeUndefined();
  });
});
