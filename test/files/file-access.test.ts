import { execFileSync } from 'node:child_process';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { openFileAccess } from '../../src/files/file-access.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const BYTES = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

async function open(bytes: Uint8Array = BYTES) {
  const path = join(await makeFolder({ 'x.vtu': bytes }), 'x.vtu');
  return { path, file: await openFileAccess(path) };
}

describe('openFileAccess', () => {
  test('reads exactly what is asked, anywhere', async () => {
    await using file = (await open()).file;
    expect(file.size).toBe(1000);
    for (const [offset, length] of [
      [0, 1000],
      [300, 17],
      [999, 1],
      [1000, 0],
      [0, 0],
    ] as const) {
      expect(await file.read(offset, length)).toEqual(BYTES.slice(offset, offset + length));
    }
  });

  test('gives memory that nobody else holds', async () => {
    await using file = (await open()).file;
    const first = await file.read(0, 10);
    const second = await file.read(0, 10);
    expect(first.buffer).not.toBe(second.buffer);
    expect([first.byteOffset, first.buffer.byteLength]).toEqual([0, 10]);
  });

  test('fills what it is given, in the middle of a buffer too', async () => {
    await using file = (await open()).file;
    const whole = new Uint8Array(12).fill(255);
    await file.readInto(100, whole.subarray(4, 8));
    expect([...whole]).toEqual([255, 255, 255, 255, 100, 101, 102, 103, 255, 255, 255, 255]);
  });

  test.each([
    [0, 1001],
    [1000, 1],
    [-1, 2],
    [0, -1],
    [0.5, 1],
    [Number.NaN, 1],
  ])('offset %d, length %d do not lie in it: RangeError', async (offset, length) => {
    await using file = (await open()).file;
    expect(await failureOf(file.read(offset, length))).toBeInstanceOf(RangeError);
  });

  test('a file that became shorter is a FormatError at the byte where it ends', async () => {
    const { file, path } = await open();
    await truncate(path, 600);
    expect(await failureOf(file.read(500, 300))).toMatchObject({ code: 'FORMAT', path, offset: 600 });
    await file.close();
  });

  test('an abort rejects with its reason', async () => {
    await using file = (await open()).file;
    const reason = new Error('stop');
    expect(await failureOf(file.read(0, 10, AbortSignal.abort(reason)))).toBe(reason);
  });

  test('an abort takes effect in the middle of a big read', async () => {
    const { file, path } = await open(new Uint8Array(0));
    await file.close();
    await truncate(path, 65 * 1024 ** 2);
    await using big = await openFileAccess(path);
    const controller = new AbortController();
    const reason = new Error('stop');
    const target = new Uint8Array(big.size).fill(1);
    const read = big.readInto(0, target, controller.signal);
    controller.abort(reason);
    expect(await failureOf(read)).toBe(reason);
    expect(target.at(-1)).toBe(1);
  });

  test('is DISPOSED after it was closed', async () => {
    const { file } = await open();
    await file.close();
    await file.close();
    expect(isVascuError(await failureOf(file.read(0, 1)), 'DISPOSED')).toBe(true);
  });

  test('what is no file is NOT_FOUND', async () => {
    const folder = await makeFolder({ x: '' });
    for (const path of [join(folder, 'nope'), folder, join(folder, 'x/y')]) {
      expect(isVascuError(await failureOf(openFileAccess(path)), 'NOT_FOUND')).toBe(true);
    }
  });

  test.skipIf(process.platform === 'win32')('a pipe does not hold the call for ever', async () => {
    const pipe = join(await makeFolder(), 'pipe.vtu');
    execFileSync('mkfifo', [pipe]);
    expect(isVascuError(await failureOf(openFileAccess(pipe)), 'NOT_FOUND')).toBe(true);
  });
});
