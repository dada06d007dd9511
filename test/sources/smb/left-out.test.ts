import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { LeftOut } from '../../../src/core/source.ts';
import type { FolderEntry, FolderListing } from '../../../src/protocols/smb/folder.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { walkFolder } from '../../../src/sources/smb/walk.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { PASSWORD, type Samba, type SambaOptions, startSamba, USERNAME } from '../../servers/samba.ts';
import { failureOf } from '../../temporary-folder.ts';
import { type Listed, listAll } from '../list-all.ts';

vi.setConfig({ testTimeout: 30_000 });

async function start(files: readonly string[], options: SambaOptions = {}): Promise<Samba> {
  const samba = await startSamba(options);
  onTestFinished(() => samba[Symbol.asyncDispose]());
  for (const path of files) {
    await mkdir(dirname(join(samba.folder, path)), { recursive: true });
    await writeFile(join(samba.folder, path), path);
  }
  return samba;
}

function open(samba: Samba, options: Partial<SmbSourceOptions> = {}): SmbSource {
  const { host, port } = samba;
  const source = new SmbSource({ host, port, username: USERNAME, password: PASSWORD, ...options });
  onTestFinished(() => source.close());
  return source;
}

const left = (reason: LeftOut['reason'], ...paths: readonly string[]): LeftOut[] =>
  paths.map((path) => ({ path, reason }));

describeWithSamba('what a listing of an SMB server leaves out', () => {
  test('folders of systems of whatever maker, in any case; they are told of', async () => {
    const system = [
      '#SNAPSHOT',
      '#recycle',
      '$RECYCLE.BIN',
      '@Recently-Snapshot',
      '@Recycle',
      '@eaDir',
      'DfsrPrivate',
      'Network Trash Folder',
      'System Volume Information',
      'Temporary Items',
      'live/lost+found',
      '~snapshot',
    ];
    const samba = await start(['live/1', '.snapshot/1', ...system.map((name) => `${name}/1`)]);
    expect(await listAll(open(samba, { share: 'sims' }))).toEqual({
      paths: ['live/1'],
      leftOut: left('system-folder', ...system),
    });
  });

  test.each(['@Recycle/', '@Recycle', '@recycle/old/', '.snapshot/'])(
    'but one that the prefix names is listed: %s',
    async (prefix) => {
      const samba = await start(['@Recycle/old/1.vtu', '@recycle/old/1.vtu', '.snapshot/1.vtu', 'x.vtu']);
      const { paths, leftOut } = await listAll(open(samba, { share: 'sims' }), prefix);
      expect(paths).toHaveLength(1);
      expect(leftOut).toEqual([]);
    },
  );

  test('a folder and a share that may not be read; what lies beside them is listed', async () => {
    const samba = await start(['a/1.vtu', 'b/2.vtu', 'b/deep/3.vtu', 'c/4.vtu']);
    await chmod(join(samba.folder, 'b'), 0o000);
    onTestFinished(() => chmod(join(samba.folder, 'b'), 0o755));
    expect(await listAll(open(samba))).toEqual({
      paths: ['sims/a/1.vtu', 'sims/c/4.vtu'],
      leftOut: left('no-permission', 'other', 'sims/b'),
    });
    const error = await failureOf(listAll(open(samba), 'sims/b/'));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
  });

  test.each(['', 'sims/'])('a DFS link, in a listing of %j', async (prefix) => {
    const samba = await start(['a/1.vtu', 'z/2.vtu'], {
      global: ['host msdfs = yes'],
      share: ['msdfs root = yes'],
    });
    await symlink('msdfs:otherhost\\share', join(samba.folder, 'link'));
    await symlink('msdfs:a\\b,c\\d', join(samba.folder, 'a/deeper'));
    const { paths, leftOut } = await listAll(open(samba), prefix);
    expect(paths).toEqual(['sims/a/1.vtu', 'sims/z/2.vtu']);
    expect(leftOut.filter(({ reason }) => reason === 'link')).toEqual(
      left('link', 'sims/a/deeper', 'sims/link'),
    );
  });

  test('a link that leads back, to where it lies or to the root', async () => {
    const samba = await start(['a/deep/1.vtu', '2.vtu']);
    await symlink('..', join(samba.folder, 'a/deep/up'));
    await symlink('../..', join(samba.folder, 'a/deep/root'));
    await symlink('.', join(samba.folder, 'self'));
    expect(await listAll(open(samba, { share: 'sims' }))).toEqual({
      paths: ['2.vtu', 'a/deep/1.vtu'],
      leftOut: left('link', 'a/deep/root', 'a/deep/up', 'self'),
    });
  });

  test('links of many folders to each other: each folder is listed once, at the path nearest to the root', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `case_${String(index).padStart(2, '0')}`);
    const samba = await start(names.map((name) => `${name}/x.vtu`));
    for (const from of names) {
      for (const to of names) await symlink(`../${to}`, join(samba.folder, from, `to_${to}`));
    }
    const { paths, leftOut } = await listAll(open(samba, { share: 'sims' }));
    expect(paths).toEqual(names.map((name) => `${name}/x.vtu`));
    expect(leftOut).toHaveLength(144);
    expect(new Set(leftOut.map(({ reason }) => reason))).toEqual(new Set(['link']));
  });

  test('nothing of a folder that a link outside of the listing leads to', async () => {
    const samba = await start(['all/1/x.vtu', 'all/2/x.vtu']);
    await mkdir(join(samba.folder, 'train'));
    await symlink('../all/2', join(samba.folder, 'train/two'));
    expect(await listAll(open(samba), 'sims/train/')).toEqual({
      paths: ['sims/train/two/x.vtu'],
      leftOut: [],
    });
  });
});

describeWithSamba('a place of an SMB server that is no folder', () => {
  test.each([
    ['sims/a.vtu', 'is a file, not a folder'],
    ['sims/a.vtu/b', 'was not found'],
    ['sims/nope', 'was not found'],
    ['sims/nope/deep', 'was not found'],
    ['sim', 'Those it shows are: other, sims'],
    ['sim/b', 'Those it shows are: other, sims'],
    ['IPC$', 'not a folder'],
  ])('%s is NOT_FOUND: %s', async (path, text) => {
    const source = open(await start(['a.vtu', 'b/1.vtu']));
    await source.assertFolder('sims');
    await source.assertFolder('sims/b');
    const error = await failureOf(source.assertFolder(path));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain(text);
  });
});

describe('a server that names no folder by an id', () => {
  const entryOf = (name: string, lastWrite: number): FolderEntry => ({
    name,
    isDirectory: !name.includes('.'),
    isLink: false,
    isSystem: false,
    size: 1,
    lastWrite: BigInt(lastWrite),
    diskId: undefined,
  });
  const folderOf = (...entries: FolderEntry[]): FolderListing => ({
    entries,
    disk: undefined,
    id: undefined,
  });
  async function walk(list: (path: string) => FolderListing): Promise<Listed> {
    const leftOut: LeftOut[] = [];
    const paths: string[] = [];
    const { signal } = new AbortController();
    const options = {
      list: (path: string) => Promise.resolve(list(path)),
      prefix: '',
      onLeftOut: (each: LeftOut) => void leftOut.push(each),
      signal,
    };
    for await (const { path } of walkFolder(options, '', list(''))) paths.push(path);
    return { paths, leftOut };
  }

  test('is known to lead back by what is in its folders', async () => {
    const root = folderOf(entryOf('a', 1), entryOf('b', 2), entryOf('x.vtu', 3));
    const inner = folderOf(entryOf('again', 4), entryOf('up', 5), entryOf('y.vtu', 6));
    const { paths, leftOut } = await walk((path) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return name === '' || name === 'up' ? root : inner;
    });
    expect(paths).toEqual(['a/y.vtu', 'b/y.vtu', 'x.vtu']);
    expect(leftOut).toEqual(left('link', 'a/again', 'a/up', 'b/again', 'b/up'));
  });

  test('is listed whole where folders in each other differ, to a depth that no tree of data has', async () => {
    const { paths, leftOut } = await walk((path) =>
      folderOf(entryOf('deeper', path.length), entryOf('x.vtu', 1)),
    );
    expect(paths).toHaveLength(101);
    expect(leftOut.map(({ reason }) => reason)).toEqual(['link']);
    expect((await walk(() => folderOf(entryOf('x.vtu', 1)))).paths).toEqual(['x.vtu']);
  });

  test('does not pass over links and hidden system folders without a word', async () => {
    const entry = (name: string, parts: Partial<FolderEntry>): FolderEntry => ({
      name,
      isDirectory: true,
      isLink: false,
      isSystem: false,
      size: 1,
      lastWrite: 1n,
      diskId: undefined,
      ...parts,
    });
    const entries = [
      entry('bin', { isSystem: true }),
      entry('there', { isLink: true }),
      entry('there.vtu', { isLink: true, isDirectory: false }),
      entry('Thumbs.db', { isSystem: true, isDirectory: false }),
      entry('.git', {}),
    ];
    const leftOut: LeftOut[] = [];
    const walk = {
      list: () => Promise.resolve('no-permission' as const),
      prefix: '',
      onLeftOut: (each: LeftOut) => void leftOut.push(each),
      signal: new AbortController().signal,
    };
    for await (const _ of walkFolder(walk, '', { entries, disk: undefined, id: undefined }));
    expect(leftOut).toEqual([...left('system-folder', 'bin'), ...left('link', 'there', 'there.vtu')]);
  });
});
