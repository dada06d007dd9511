import { expect, test } from 'vitest';
import { nameFile } from '../../src/core/name-file.ts';

test.each(['http://host/dir', 'http://host/dir/'])('a file of %s has one slash before its path', (source) => {
  expect(nameFile(source, 'a/b.vtu')).toBe('http://host/dir/a/b.vtu');
});
