import { expect, test } from 'vitest';
import {
  archiveKind,
  archivesOnPath,
  countArchives,
  unzippedPath,
  volumeOf,
} from '../../src/core/archive-name.ts';

test.each([
  ['a/x.zip', 'zip'],
  ['X.ZIP', 'zip'],
  ['x.tar', 'tar'],
  ['x.tar.gz', 'tgz'],
  ['x.tgz', 'tgz'],
  ['x.vtu.gz', undefined],
  ['.zip', undefined],
  ['a.zip/b.vtu', undefined],
])('%s is of the kind %s', (path, kind) => {
  expect(archiveKind(path)).toBe(kind);
});

test('a packed file is the file, a packed tar archive is none', () => {
  expect(unzippedPath('a/x.vtu.gz')).toBe('a/x.vtu');
  expect(unzippedPath('a/x.tar.gz')).toBeUndefined();
  expect(unzippedPath('a/.gz')).toBeUndefined();
});

test('volumes have numbers of two digits or more', () => {
  expect(volumeOf('v.vtu.100.part')).toEqual({ path: 'v.vtu', number: 100 });
  expect(volumeOf('v.1.part')).toBeUndefined();
  expect(volumeOf('a/.00.part')).toBeUndefined();
});

test('a path leads through archives, the outermost first', () => {
  expect(archivesOnPath('a/b.zip/c/d.tgz/e.vtu')).toEqual(['a/b.zip', 'a/b.zip/c/d.tgz']);
  expect(archivesOnPath('b.zip')).toEqual(['b.zip']);
  expect(archivesOnPath('a/b')).toEqual([]);
});

test('archives are counted by their extensions', () => {
  expect(countArchives(['a.zip', 'b.ZIP', 'c.tar.gz', 'd.00.part', 'e.vtu'])).toBe(
    '2 .zip, 1 .tar.gz, 1 .part',
  );
  expect(countArchives(['e.vtu'])).toBeUndefined();
});
