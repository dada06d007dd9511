import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ByteRange } from '../../src/core/source.ts';
import { isWholeFaster } from '../../src/partial/cost.ts';
import { HeadTooShort, headEndOf, PagedAccess, TooManyPages } from '../../src/partial/pages.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const CONTENT = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);

async function access(isWorth: (pages: number) => boolean = () => true) {
  const folder = await makeFolder();
  const asked: ByteRange[] = [];
  const bring = async (range: ByteRange): Promise<string> => {
    const path = join(folder, `${asked.push(range)}`);
    await writeFile(path, CONTENT.subarray(range.start, range.end));
    return path;
  };
  const pages = new PagedAccess(CONTENT.length, { bring, isWorth });
  await pages.addToHead(await bring({ start: 0, end: 10_000 }));
  return { pages, asked, bring };
}

describe('a file of which a plan reads', () => {
  test('a read that is given up fails once, and nowhere else', async () => {
    const { pages, bring } = await access();
    const more = await bring({ start: 10_000, end: 12_000 });
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const left = new Error('not needed any more');
    expect(await failureOf(pages.addToHead(more, AbortSignal.abort(left)))).toBe(left);
    expect(unhandled).toEqual([]);
  });

  test('a page behind the head comes when it is read, in whole steps of 4 KiB, and once', async () => {
    const { pages, asked } = await access();
    expect(await pages.read(50_000, 3000)).toEqual(CONTENT.slice(50_000, 53_000));
    expect(await pages.read(50_500, 10)).toEqual(CONTENT.slice(50_500, 50_510));
    expect(asked).toEqual([
      { start: 0, end: 10_000 },
      { start: 49_152, end: 53_248 },
    ]);
  });

  test('a read over the end of a page brings the next one alone', async () => {
    const { pages, asked } = await access();
    await pages.read(50_000, 10);
    expect(await pages.read(53_000, 1000)).toEqual(CONTENT.slice(53_000, 54_000));
    expect(asked.at(-1)).toEqual({ start: 53_248, end: 57_344 });
  });

  test('a page goes neither into the head nor beyond the end of the file', async () => {
    const { pages, asked } = await access();
    await pages.read(10_010, 10);
    await pages.read(99_000, 1000);
    expect(asked.slice(1)).toEqual([
      { start: 10_000, end: 12_288 },
      { start: 98_304, end: 100_000 },
    ]);
  });

  test('a read that goes on where the head ends says how much of the head is needed', async () => {
    const { pages, bring } = await access();
    await expect(pages.read(9000, 2000)).rejects.toMatchObject(new HeadTooShort(11_000));
    await pages.addToHead(await bring({ start: 10_000, end: 12_000 }));
    expect(await pages.read(9000, 2000)).toEqual(CONTENT.slice(9000, 11_000));
  });

  test('pages that are not worth their requests end the plan', async () => {
    const { pages } = await access((count) => count <= 2);
    await pages.read(20_000, 1);
    await pages.read(40_000, 1);
    await expect(pages.read(60_000, 1)).rejects.toMatchObject(new TooManyPages('cheaper'));
  });

  test('the head ends where the first range is missing, in whatever order they come', () => {
    const ranges = [
      { start: 60, end: 70 },
      { start: 20, end: 50 },
      { start: 0, end: 30 },
    ];
    expect(headEndOf(ranges)).toBe(50);
    expect(headEndOf([])).toBe(0);
  });
});

test.each([
  [0, 1_000_000, 100, 1, false],
  [40, 1_000_000, 1, 1, true],
  [40, 10_000_000, 4, 1, false],
  [40, 10_000_000, 10, 1, true],
  [40, 10_000_000, 10, 4, false],
])(
  'at %i ms a file of %i bytes and %i pages, %i at a time: whole is faster: %s',
  (latencyMs, size, pages, together, expected) => {
    expect(isWholeFaster({ latencyMs, bytesPerSecond: 25_000_000 }, size, pages, together)).toBe(expected);
  },
);
