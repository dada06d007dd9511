import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { parseRepoReference, recognizeRepo } from '../../../src/sources/hugging-face/repo-reference.ts';
import { fc, test as property } from '../../property.ts';

const HUB = 'https://huggingface.co';

describe('parseRepoReference', () => {
  test.each([
    ['user/name', 'user/name', undefined, undefined, undefined],
    ['datasets/user/name', 'user/name', undefined, undefined, undefined],
    [' user/name/ ', 'user/name', undefined, undefined, undefined],
    ['user/name@v1.0', 'user/name', 'v1.0', undefined, undefined],
    ['hf://datasets/user/name', 'user/name', undefined, undefined, undefined],
    ['HF://datasets/user/name@main/a/b', 'user/name', 'main', 'a/b', undefined],
    ['hf://datasets/user/name/a b%20@c', 'user/name', undefined, 'a b%20@c', undefined],
    ['hf://datasets/user/name@feature%2Fx/a', 'user/name', 'feature/x', 'a', undefined],
    ['hf://datasets/user/name@refs/pr/12/a', 'user/name', 'refs/pr/12', 'a', undefined],
    [
      'hf://datasets/user/name@refs/convert/parquet',
      'user/name',
      'refs/convert/parquet',
      undefined,
      undefined,
    ],
    [`${HUB}/datasets/user/name`, 'user/name', undefined, undefined, undefined],
    [`${HUB}/datasets/user/name/?x=1#readme`, 'user/name', undefined, undefined, undefined],
    ['http://hf.co/datasets/user/name', 'user/name', undefined, undefined, undefined],
    [`${HUB}/datasets/user/name/tree/main`, 'user/name', 'main', undefined, undefined],
    [`${HUB}/datasets/user/name/tree/main/a%20b/c`, 'user/name', 'main', 'a b/c', undefined],
    [`${HUB}/datasets/user/name/blob/feature%2Fx/a.vtu`, 'user/name', 'feature/x', 'a.vtu', undefined],
    [`${HUB}/datasets/user/name/resolve/refs%2Fpr%2F1/a.vtu`, 'user/name', 'refs/pr/1', 'a.vtu', undefined],
    ['http://127.0.0.1:8080/datasets/user/name', 'user/name', undefined, undefined, 'http://127.0.0.1:8080'],
  ])('%s', (given, repoId, revision, path, endpoint) => {
    expect(parseRepoReference(given)).toEqual({ repoId, revision, path, endpoint });
  });

  test('understands addresses of a Hub that lies below a path', () => {
    const endpoint = 'https://mirror.example/hub/v1';
    expect(parseRepoReference(`${endpoint}/datasets/user/name/tree/main/a`, endpoint)).toEqual({
      repoId: 'user/name',
      revision: 'main',
      path: 'a',
      endpoint,
    });
  });

  test.each([
    '',
    '/',
    'name',
    'a--b/name',
    'user/..',
    '../name',
    'user/name.git',
    'user/name@',
    'user/na me',
    'user/name@%zz',
    'ftp://huggingface.co/datasets/user/name',
    `${HUB}/datasets/user`,
    `${HUB}/datasets/user/name/settings`,
    `${HUB}/datasets/user/name/tree`,
    `${HUB}/datasets/user/%zz`,
    `${HUB}/user/name`,
    'http://',
    `user/${'x'.repeat(97)}`,
    ['user/name'] as unknown as string,
  ])('%j names none: a ConfigError that says how to write one', (given) => {
    let error: unknown;
    try {
      parseRepoReference(given);
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('repoId');
    expect(String(error)).toContain('hf://datasets/user/name');
  });

  test.each(['hf://user/name', 'hf://models/user/name', 'hf://spaces/user/name', `${HUB}/spaces/user/name`])(
    '%s is no dataset: UNSUPPORTED',
    (given) => {
      expect(() => parseRepoReference(given)).toThrow(/does not name a dataset/);
    },
  );

  const name = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9_]{0,20}[A-Za-z0-9])?$/);
  const revision = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.trim() === text);
  const path = fc
    .array(fc.stringMatching(/^[^/\s]{1,8}$/), { minLength: 1, maxLength: 4 })
    .map((names) => names.join('/'));

  property(
    'hf:// with a quoted revision gives back its parts',
    [name, name, revision, path],
    (user, repo, rev, at) => {
      fc.pre(!/^refs(?:%2F|\/)/.test(rev));
      expect(parseRepoReference(`hf://datasets/${user}/${repo}@${encodeURIComponent(rev)}/${at}`)).toEqual({
        repoId: `${user}/${repo}`,
        revision: rev,
        path: at,
        endpoint: undefined,
      });
    },
  );

  property('a web address gives back its parts', [name, name, revision, path], (user, repo, rev, at) => {
    fc.pre(!rev.startsWith('refs/') && !['.', '..'].includes(rev) && !/(^|\/)\.{1,2}(\/|$)/.test(at));
    const quoted = at.split('/').map(encodeURIComponent).join('/');
    const address = `${HUB}/datasets/${user}/${repo}/tree/${encodeURIComponent(rev)}/${quoted}`;
    expect(parseRepoReference(address)).toEqual({
      repoId: `${user}/${repo}`,
      revision: rev,
      path: at,
      endpoint: undefined,
    });
  });

  property('any text names a repository or is a typed error', [fc.string({ unit: 'binary' })], (text) => {
    try {
      expect(parseRepoReference(text).repoId).toMatch(/^[\w.-]+\/[\w.-]+$/);
    } catch (error) {
      expect(isVascuError(error, 'CONFIG') || isVascuError(error, 'UNSUPPORTED')).toBe(true);
    }
  });
});

describe('recognizeRepo', () => {
  const never = (): boolean => false;

  test.each([
    'user/name',
    'user/name@v1',
    'hf://datasets/user/name',
    `${HUB}/datasets/user/name/tree/main`,
    'https://hf.co/datasets/user/name',
  ])('%s is a dataset', (given) => {
    expect(recognizeRepo(given, never).isRepo).toBe(true);
  });

  test.each([
    '192.168.1.100',
    '192.168.1.100/share',
    'nas.local/share',
    'nas',
    './user/name',
    '/user/name',
    '~/name',
    'user/name/deeper',
    'user\\name',
    'C:/data',
    'https://example.org/datasets/user/name',
    'https://huggingface.co/user/name',
    'smb://host/share',
    '',
  ])('%j is none', (given) => {
    expect(recognizeRepo(given, never).isRepo).toBe(false);
  });

  test('a folder of that name comes first, and it says how to name the dataset', () => {
    const guess = recognizeRepo('user/name', (path) => path === 'user/name');
    expect(guess.isRepo).toBe(false);
    expect(guess.why).toContain('hf://datasets/user/name');
  });

  test('an address of the Hub in use is a dataset', () => {
    const address = 'https://mirror.example/hub/datasets/user/name';
    expect(recognizeRepo(address, never, 'https://mirror.example/hub').isRepo).toBe(true);
  });

  property('what it takes for a dataset can be parsed', [fc.string()], (text) => {
    if (recognizeRepo(text, never).isRepo && !/^hf:/i.test(text)) parseRepoReference(text);
  });
});
