import { expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { crawlAutoindex } from '../../../src/sources/http/autoindex.ts';
import { failureOf } from '../../temporary-folder.ts';

const mtime = 'Tue, 24 Nov 2026 23:10:16 GMT';
const crawl = (pages: Readonly<Record<string, unknown>>, prefix = ''): ReturnType<typeof crawlAutoindex> =>
  crawlAutoindex((folder) => Promise.resolve(pages[folder]), prefix, 2);

test('gives files with size and whole seconds', async () => {
  expect(await crawl({ '': [{ name: 'x', type: 'file', size: 5, mtime }] })).toEqual([
    { path: 'x', size: 5, version: '5-1795561816', modified: new Date(mtime) },
  ]);
});

test('passes over hidden names, what is neither file nor folder, and folders that are gone', async () => {
  const page = [
    { name: '.git', type: 'directory', mtime },
    { name: 'pipe', type: 'other', mtime },
    { name: 'gone', type: 'directory', mtime },
    { name: 'x', type: 'file', size: 0, mtime },
  ];
  expect((await crawl({ '': page })).map(({ path }) => path)).toEqual(['x']);
});

test.each([
  [[{ name: '..', type: 'directory', mtime }]],
  [[{ name: '../x', type: 'file', size: 1, mtime }]],
  [[{ name: 'a/b', type: 'file', size: 1, mtime }]],
  [[{ name: '', type: 'file', size: 1, mtime }]],
  [[{ name: 'x\0', type: 'file', size: 1, mtime }]],
  [[{ name: 'x', type: 'file', size: 1, mtime: 'never' }]],
  [[{ name: 'x', type: 'file', size: 'big', mtime }]],
  [{ an: 'object' }],
  [['text']],
])('refuses the page %j', async (page) => {
  expect(isVascuError(await failureOf(crawl({ '': page })), 'FORMAT')).toBe(true);
});
