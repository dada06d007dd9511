import { describe, expect, test } from 'vitest';
import { TimeSlice } from '../../../src/core/time-slice.ts';
import type { HubSnapshot } from '../../../src/sources/hugging-face/hub-snapshot.ts';
import { parseSnapshot, writeSnapshot } from '../../../src/sources/hugging-face/snapshot-text.ts';

const PLACE = { endpoint: 'https://hub.test', repoId: 'a/b', revision: 'main' };

function snapshotOf(files: number, partial?: HubSnapshot['partial']): HubSnapshot {
  const each = (_: unknown, index: number) => [`ü/"${index}".vtu`, index, 'a'.repeat(64)] as const;
  const known = partial === undefined ? {} : { partial };
  const format = partial === undefined ? 1 : 2;
  return { format, ...PLACE, commit: 'c'.repeat(40), files: Array.from({ length: files }, each), ...known };
}

const read = (bytes: Uint8Array | string): Promise<HubSnapshot | undefined> =>
  parseSnapshot(Buffer.from(bytes as Uint8Array), PLACE, new TimeSlice());

describe('the text of a snapshot', () => {
  test.each([0, 1, 499, 500, 501, 1700])('of %d files is JSON, and gives it back', async (files) => {
    const snapshot = snapshotOf(files);
    const bytes = await writeSnapshot(snapshot, new TimeSlice());
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({ ...snapshot, crc: expect.any(Number) });
    expect(await read(bytes)).toEqual(snapshot);
  });

  test('says what else is known', async () => {
    const snapshot = snapshotOf(3, { missing: ['no'], listed: ['"files":['], seen: [''] });
    expect(await read(await writeSnapshot(snapshot, new TimeSlice()))).toEqual(snapshot);
  });

  test('may be one line, as it was before', async () => {
    expect(await read(JSON.stringify(snapshotOf(600)))).toEqual(snapshotOf(600));
  });

  test('is none wherever it is cut, or where a file is none', async () => {
    const bytes = Buffer.from(await writeSnapshot(snapshotOf(1100), new TimeSlice()));
    for (let end = 0; end < bytes.length; end += Math.ceil(bytes.length / 50))
      expect(await read(bytes.subarray(0, end))).toBeUndefined();
    expect(await read(bytes.subarray(0, -1))).toBeUndefined();
    expect(await read(bytes.toString().replace('.vtu",7,', '.vtu",-7,'))).toBeUndefined();
  });

  test('is none where a bit of it is another one', async () => {
    const known = { missing: ['no'], listed: ['a'], seen: [] };
    const bytes = Buffer.from(await writeSnapshot(snapshotOf(3, known), new TimeSlice()));
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >>> 3] = (damaged[bit >>> 3] as number) ^ (1 << (bit & 7));
      expect(await read(damaged), `bit ${bit}`).toBeUndefined();
    }
  });

  test('of another place is none', async () => {
    const bytes = await writeSnapshot({ ...snapshotOf(3), revision: 'v1' }, new TimeSlice());
    expect(await read(bytes)).toBeUndefined();
  });
});
