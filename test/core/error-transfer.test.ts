import { describe, expect, test } from 'vitest';
import { encodeError, restoreError } from '../../src/core/error-transfer.ts';
import * as errors from '../../src/core/errors.ts';

/** Through structured cloning, as between threads. */
function send(error: unknown): unknown {
  return restoreError(structuredClone(encodeError(error)));
}

const EXAMPLES: Readonly<Record<string, errors.VascuError>> = {
  NotFoundError: new errors.NotFoundError('no'),
  AuthError: new errors.AuthError('otp-required', 'code'),
  NetworkError: new errors.NetworkError('busy', { status: 503, retryAfterMs: 1000 }),
  IntegrityError: new errors.IntegrityError('cut', '10', '7'),
  CacheError: new errors.CacheError('full'),
  ConfigError: new errors.ConfigError('batchSize', 'bad'),
  FormatError: new errors.FormatError('broken', { path: 'a.vtu', array: 'p', offset: 12 }),
  UnsupportedError: new errors.UnsupportedError('nas', 'not yet'),
  DisposedError: new errors.DisposedError('closed'),
};

describe('errors between threads', () => {
  test('every class of errors.ts has an example here', () => {
    const classes = Object.entries(errors)
      .filter(([name, value]) => name !== 'VascuError' && typeof value === 'function' && 'prototype' in value)
      .filter(([, value]) => (value as { prototype: unknown }).prototype instanceof errors.VascuError)
      .map(([name]) => name);
    expect(Object.keys(EXAMPLES).toSorted()).toEqual(classes.toSorted());
  });

  test.each(Object.entries(EXAMPLES))('%s keeps class, fields, message and stack', (name, error) => {
    const arrived = send(error) as errors.VascuError;
    expect(Object.getPrototypeOf(arrived)).toBe(Object.getPrototypeOf(error));
    expect({ ...arrived }).toEqual({ ...error });
    expect([arrived.name, arrived.message, arrived.stack]).toEqual([name, error.message, error.stack]);
    expect(errors.isVascuError(arrived, error.code as 'FORMAT')).toBe(true);
  });

  test('the chain of causes arrives', () => {
    const root = Object.assign(new Error('no entry'), { code: 'ENOENT', errno: -2 });
    const middle = new errors.NotFoundError('no file', { cause: root });
    const arrived = send(new RangeError('outer', { cause: middle })) as RangeError;
    expect(arrived).toBeInstanceOf(RangeError);
    expect(arrived.cause).toBeInstanceOf(errors.NotFoundError);
    expect((arrived.cause as Error).cause).toMatchObject({ message: 'no entry', code: 'ENOENT', errno: -2 });
  });

  test('an error of an unknown class keeps its name', () => {
    class Odd extends Error {
      override readonly name = 'Odd';
    }
    const arrived = send(new Odd('x'));
    expect(arrived).toBeInstanceOf(Error);
    expect(arrived).toMatchObject({ name: 'Odd', message: 'x' });
  });

  test('an error that is its own cause can be sent', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(send(error)).toMatchObject({ message: 'loop', cause: { message: 'loop' } });
  });

  test('fields that cannot be cloned are left behind', () => {
    expect(send(Object.assign(new Error('x'), { callback: () => 1, size: 3 }))).toMatchObject({ size: 3 });
  });

  test('what is no error arrives as its text', () => {
    expect(send('why')).toBe('why');
    expect(send(undefined)).toBe('undefined');
  });
});
