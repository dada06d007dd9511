import { describe, expect, test } from 'vitest';
import { mapLimited } from '../../../src/core/limit.ts';
import { NAS_DOWNLOADS } from '../../../src/sources/connection-options.ts';
import type { CapacityOptions } from '../../servers/dsm/capacity.ts';
import { collect, readAll, startNas } from './loopback.ts';

const SIZE = 20_000;

/** Reads so many files, all that the source takes at a time; gives the middle of the downloads at a time, later. */
async function loadOf(capacity: CapacityOptions, count: number): Promise<number> {
  const { dsm, source } = await startNas({ capacity });
  const content = new Uint8Array(SIZE);
  for (let index = 0; index < count; index++) dsm.files.write(`/share/case_${index}.vtu`, content);
  const entries = await collect(source, 'share/');
  const lengths = await mapLimited(
    entries,
    NAS_DOWNLOADS,
    async ({ path }) => (await readAll(source, path)).length,
  );
  expect(lengths).toEqual(entries.map(() => SIZE));
  const later = dsm.capacity.loads.slice(count / 2).toSorted((a, b) => a - b);
  return later[later.length >> 1] ?? Infinity;
}

describe('a NAS', () => {
  test.each([
    [1, 60],
    [3, 200],
  ])('that works on %i downloads at a time gets no more than double', async (parallel, count) => {
    // A client on a busy machine takes its time between two of them.
    expect(await loadOf({ parallel, workMs: 30 }, count)).toBeLessThanOrEqual(2 * parallel + 2);
  });

  test('whose downloads share its bytes a second gets few more than bring them', async () => {
    // One alone leaves a third of the line free.
    expect(await loadOf({ workMs: 10, rate: 1000 }, 100)).toBeLessThanOrEqual(6);
  });

  test('that works on all of them gets more', async () => {
    expect(await loadOf({ workMs: 40 }, 400)).toBeGreaterThan(1);
  });
});
