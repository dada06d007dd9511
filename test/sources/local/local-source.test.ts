import { mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { LocalSource } from '../../../src/sources/local/local-source.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { FILES, testSource } from '../conformance.ts';

testSource('local', async () => {
  const folder = await makeFolder(FILES);
  return {
    source: new LocalSource({ sourceUrl: folder }),
    write: (path, content) => writeFile(join(folder, path), content),
  };
});

async function list(source: LocalSource): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of source.list()) paths.push(path);
  return paths;
}

describe('LocalSource', () => {
  test('takes a path, a relative path, a file: URL and its text', async () => {
    const folder = await makeFolder({ 'a #1/x.vtu': 'x' });
    const url = pathToFileURL(join(folder, 'a #1'));
    for (const sourceUrl of [join(folder, 'a #1'), relative('.', join(folder, 'a #1')), url, url.href]) {
      const source = new LocalSource({ sourceUrl });
      expect(source.id).toBe(url.href);
      expect(await list(source)).toEqual(['x.vtu']);
    }
  });

  test('passes over names that begin with a dot, unless they are asked for', async () => {
    const source = new LocalSource({
      sourceUrl: await makeFolder({ '.git/x.vtu': '', 'a/.x.vtu': '', 'a/x.vtu': '' }),
    });
    expect(await list(source)).toEqual(['a/x.vtu']);
    expect((await source.stat('a/.x.vtu')).path).toBe('a/.x.vtu');
  });

  test('follows links, but not in circles, and leaves out those that lead nowhere', async () => {
    const outside = await makeFolder({ 'deep/y.vtu': 'why' });
    const folder = await makeFolder({ 'a/x.vtu': 'x' });
    await symlink(join(outside, 'deep/y.vtu'), join(folder, 'file.vtu'));
    await symlink(outside, join(folder, 'folder'));
    await symlink(folder, join(folder, 'a/circle'));
    await symlink(join(folder, 'nowhere'), join(folder, 'broken.vtu'));
    await symlink(join(folder, 'self.vtu'), join(folder, 'self.vtu'));
    const source = new LocalSource({ sourceUrl: folder });
    expect(await list(source)).toEqual(['a/x.vtu', 'file.vtu', 'folder/deep/y.vtu']);
    expect((await source.stat('file.vtu')).size).toBe(3);
    expect(isVascuError(await failureOf(source.open('broken.vtu')), 'NOT_FOUND')).toBe(true);
  });

  test('a file of the same size, changed within the same second, has another version', async () => {
    const folder = await makeFolder({ 'x.vtu': 'one' });
    const source = new LocalSource({ sourceUrl: folder });
    await utimes(join(folder, 'x.vtu'), 1000, 1000.25);
    const { version } = await source.stat('x.vtu');
    await utimes(join(folder, 'x.vtu'), 1000, 1000.5);
    expect((await source.stat('x.vtu')).version).not.toBe(version);
  });

  test('a missing folder is NOT_FOUND: the message says where it was looked for and what to check', async () => {
    const folder = join(await makeFolder(), 'cases');
    const source = new LocalSource({ sourceUrl: relative('.', folder) });
    for (const use of [() => list(source), () => source.stat('x.vtu'), () => source.open('x.vtu')]) {
      const error = await failureOf(use());
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
      expect(String(error)).toContain(folder);
      expect(String(error)).toContain('sourceUrl');
    }
  });

  test('a file in place of the folder is a ConfigError for sourceUrl', async () => {
    const source = new LocalSource({ sourceUrl: join(await makeFolder({ 'x.vtu': '' }), 'x.vtu') });
    for (const use of [() => list(source), () => source.stat('y.vtu')]) {
      const error = await failureOf(use());
      expect(isVascuError(error, 'CONFIG') && error.option).toBe('sourceUrl');
    }
  });

  test.each(['', 'https://example.org/x', 'file://elsewhere/x', 'a\0b'])(
    'cannot use the sourceUrl %j',
    (sourceUrl) => {
      expect(() => new LocalSource({ sourceUrl })).toThrow(/sourceUrl/);
    },
  );

  test('a file that becomes shorter while it is read is a FormatError, not a short body', async () => {
    const folder = await makeFolder({ 'x.vtu': new Uint8Array(1_000_000) });
    const { body } = await new LocalSource({ sourceUrl: folder }).open('x.vtu');
    const reader = body.getReader();
    await reader.read();
    await truncate(join(folder, 'x.vtu'), 1000);
    const error = await failureOf(reader.read());
    expect(isVascuError(error, 'FORMAT')).toBe(true);
  });

  test('an empty folder lists nothing', async () => {
    const folder = await makeFolder();
    await mkdir(join(folder, 'empty'));
    expect(await list(new LocalSource({ sourceUrl: folder }))).toEqual([]);
  });
});
