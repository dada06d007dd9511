import { describe, expect, test } from 'vitest';
import { retryAfterMs, statusError } from '../../../src/protocols/http/status.ts';

const answer = (status: number, headers: Record<string, string> = {}): Parameters<typeof statusError>[0] => ({
  status,
  url: new URL('http://host:81/x?secret-word'),
  headers: new Headers(headers),
});

describe('the error of a status', () => {
  test.each([200, 206, 302, 304])('%i is none', (status) => {
    expect(statusError(answer(status), 'x')).toBeUndefined();
  });

  test.each([
    [401, { code: 'AUTH', reason: 'token-required' }],
    [403, { code: 'AUTH', reason: 'no-permission' }],
    [404, { code: 'NOT_FOUND' }],
    [407, { code: 'AUTH', reason: 'bad-credentials' }],
    [410, { code: 'NOT_FOUND' }],
    [400, { code: 'NETWORK', retryable: false, status: 400 }],
    [408, { code: 'NETWORK', retryable: true }],
    [429, { code: 'NETWORK', retryable: true }],
    [500, { code: 'NETWORK', retryable: true }],
    [501, { code: 'NETWORK', retryable: false }],
    [503, { code: 'NETWORK', retryable: true }],
  ])('%i is %j', (status, expected) => {
    const error = statusError(answer(status), 'case.vtu');
    expect(error).toMatchObject(expected);
    expect(error?.message).toContain('case.vtu');
    expect(error?.message).not.toContain('secret-word');
  });

  test('says how long to wait', () => {
    expect(statusError(answer(503, { 'Retry-After': '7' }), 'x')).toMatchObject({ retryAfterMs: 7000 });
  });
});

test.each([
  [{ 'Retry-After': '0' }, 0],
  [{ 'Retry-After': '120' }, 120_000],
  [{ 'Retry-After': 'Thu, 01 Jan 1970 00:01:40 GMT' }, 90_000],
  [{ 'Retry-After': 'Thu, 01 Jan 1970 00:00:01 GMT' }, 0],
  [{ 'Retry-After': 'soon' }, undefined],
  [{ 'Retry-After': '-5' }, undefined],
  [{ RateLimit: '"api";r=0;t=175' }, 175_000],
  [{ RateLimit: '"api";r=3;t=175' }, undefined],
  [{ RateLimit: 'limit=100, remaining=0, reset=50' }, 50_000],
  [{ 'Retry-After': '1', RateLimit: '"api";r=0;t=175' }, 1000],
  [{}, undefined],
])('%j asks to wait %s ms', (headers, expected) => {
  expect(retryAfterMs(new Headers(headers as Record<string, string>), 10_000)).toBe(expected);
});
