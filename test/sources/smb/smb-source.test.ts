import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { toWire } from '../../../src/protocols/smb/wire-path.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { failureOf } from '../../temporary-folder.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const FILES = [
  'b/deep/2.vtu',
  'b/1.vtu',
  'a.vtu',
  'b.vtu',
  '#recycle/x.vtu',
  'b/@eaDir/x.vtu',
  'b/.hidden/x.vtu',
];

describeWithSamba('SmbSource', () => {
  let samba: Samba;
  beforeAll(async () => {
    samba = await startSamba();
    for (const path of FILES) {
      await mkdir(join(samba.folder, path, '..'), { recursive: true });
      await writeFile(join(samba.folder, path), path);
    }
  });
  afterAll(() => samba[Symbol.asyncDispose]());

  function make(options: Partial<SmbSourceOptions> = {}): SmbSource {
    const { host, port } = samba;
    const source = new SmbSource({ host, port, username: USERNAME, password: PASSWORD, ...options });
    onTestFinished(() => source.close());
    return source;
  }
  async function list(source: SmbSource, prefix?: string): Promise<string[]> {
    const paths: string[] = [];
    for await (const { path } of source.list({ prefix })) paths.push(path);
    return paths;
  }
  const read = async (source: SmbSource, path: string): Promise<string> =>
    new Response((await source.open(path)).body).text();

  test('lists every share that is shown and may be entered', async () => {
    expect(await list(make())).toEqual(['sims/a.vtu', 'sims/b.vtu', 'sims/b/1.vtu', 'sims/b/deep/2.vtu']);
  });

  test('lists one share by the option', async () => {
    expect(await list(make({ share: 'sims' }))).toEqual(['a.vtu', 'b.vtu', 'b/1.vtu', 'b/deep/2.vtu']);
  });

  test.each([
    ['si', 4],
    ['sims/b', 3],
    ['sims/b/', 2],
    ['sims/b/deep/', 1],
    ['sims/nope/', 0],
    ['nope', 0],
    ['sims//', 0],
    ['sims/../', 0],
  ])('lists what begins with %s: %i', async (prefix, count) => {
    expect(await list(make(), prefix)).toHaveLength(count);
  });

  test('a share that is meant must be there, and be open to the user', async () => {
    expect(isVascuError(await failureOf(list(make(), 'nope/')), 'NOT_FOUND')).toBe(true);
    expect(isVascuError(await failureOf(list(make({ share: 'nope' }))), 'NOT_FOUND')).toBe(true);
    const error = await failureOf(list(make(), 'other/'));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
  });

  test('a hidden share is read by its name', async () => {
    expect(await read(make(), 'hidden$/a.vtu')).toBe('a.vtu');
    expect(await list(make(), 'hidden$/b/')).toHaveLength(2);
  });

  test.each(['IPC$/srvsvc', 'IPC$', 'sims', 'sims:x/a.vtu', 'si\\ms/a.vtu'])(
    '%s is no file',
    async (path) => {
      expect(isVascuError(await failureOf(make().open(path)), 'NOT_FOUND')).toBe(true);
    },
  );

  test('listDirectory shows folders and files, also what list passes over', async () => {
    const entries = await make().listDirectory('/sims/b/');
    expect(entries.map(({ name, path, isDirectory, size }) => [name, path, isDirectory, size])).toEqual([
      ['.hidden', 'sims/b/.hidden', true, 0],
      ['1.vtu', 'sims/b/1.vtu', false, 7],
      ['@eaDir', 'sims/b/@eaDir', true, 0],
      ['deep', 'sims/b/deep', true, 0],
    ]);
    expect(entries.every(({ modified }) => Math.abs(Date.now() - Number(modified)) < 3_600_000)).toBe(true);
    expect((await make().listDirectory('')).map(({ path }) => path)).toEqual(['other', 'sims']);
  });

  test.each(['sims/nope', 'sims/a.vtu', 'nope'])('listDirectory of %s is NOT_FOUND', async (path) => {
    expect(isVascuError(await failureOf(make().listDirectory(path)), 'NOT_FOUND')).toBe(true);
  });

  test.each([
    { username: `WORKGROUP\\${USERNAME}` },
    { username: `${USERNAME}@WORKGROUP` },
    { domain: 'WORKGROUP' },
    { username: USERNAME.toUpperCase() },
  ])('logs in as %j', async (options) => {
    await make(options).connect();
  });

  test.each([{ username: 'nobody-of-this-name' }, { password: '' }, { password: undefined }])(
    'is refused as %j',
    async (options) => {
      const error = await failureOf(make(options).connect());
      expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
    },
  );

  test('connect enters the share', async () => {
    expect(isVascuError(await failureOf(make({ share: 'nope' }).connect()), 'NOT_FOUND')).toBe(true);
    expect(isVascuError(await failureOf(make({ share: 'other' }).connect()), 'AUTH')).toBe(true);
  });

  test('a password that cannot be had rejects with its own reason', async () => {
    const reason = new Error('the vault is closed');
    expect(await failureOf(make({ password: () => Promise.reject(reason) }).connect())).toBe(reason);
  });

  test('names with characters that Windows reserves', async () => {
    const source = make({ share: 'sims' });
    const name = 'odd/a:b?*"<>|\\ .';
    await mkdir(join(samba.folder, 'odd'));
    await writeFile(join(samba.folder, toWire(name).replace('\\', '/')), 'mapped');
    await writeFile(join(samba.folder, 'odd/raw:name.vtu'), 'raw');
    expect(await read(source, name)).toBe('mapped');
    const paths = await list(source, 'odd/');
    expect(paths).toHaveLength(2);
    expect(paths).toContain(name);
    // What the server itself cannot show as it is gets a short name, under which it is read.
    const short = paths.find((path) => path !== name) ?? '';
    expect(await read(source, short)).toBe('raw');
  });

  test('links of the server lead where it lets them', async () => {
    await symlink('a.vtu', join(samba.folder, 'link.vtu'));
    await symlink('nowhere', join(samba.folder, 'broken.vtu'));
    const source = make({ share: 'sims' });
    expect(await read(source, 'link.vtu')).toBe('a.vtu');
    expect(isVascuError(await failureOf(source.open('broken.vtu')), 'NOT_FOUND')).toBe(true);
    expect(await list(source, 'link')).toEqual(['link.vtu']);
  });

  test('the signal of the source ends every call', async () => {
    const controller = new AbortController();
    const source = make({ signal: controller.signal });
    const { body } = await source.open('sims/a.vtu');
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await failureOf(body.getReader().read())).toBe(reason);
    expect(await failureOf(source.stat('sims/a.vtu'))).toBe(reason);
  });

  test('a source that was not closed does not keep the process alive', async () => {
    const module = new URL('../../../src/sources/smb/smb-source.ts', import.meta.url).href;
    const { host, port } = samba;
    const options = JSON.stringify({ host, port, username: USERNAME, password: PASSWORD });
    const script = `import { SmbSource } from ${JSON.stringify(module)};
      console.log((await new SmbSource(${options}).stat('sims/a.vtu')).size);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 20_000,
    });
    expect(stdout).toBe('5\n');
  });
});
