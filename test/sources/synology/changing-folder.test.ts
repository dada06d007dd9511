import { describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { LoopbackDsm } from '../../servers/dsm.ts';
import { failureOf } from '../../temporary-folder.ts';
import { startNas } from './loopback.ts';

// Waits between passes.
vi.setConfig({ testTimeout: 30_000 });

const COUNT = 2_500;
const nameOf = (index: number): string => `case_${String(index).padStart(5, '0')}.vtu`;

/** A folder of several pages; `change` is run after each of the first `times` answers with a page of it. */
async function startChanging(
  change: (dsm: LoopbackDsm, answer: number) => void,
  times = 1,
): ReturnType<typeof startNas> {
  const nas = await startNas();
  for (let index = 0; index < COUNT; index++) nas.dsm.files.write(`/s/${nameOf(index)}`, 'x');
  let answers = 0;
  nas.dsm.faults.add(
    { api: 'List', method: 'list', times },
    {
      kind: 'edit',
      edit: (data) => {
        const before = { ...data };
        change(nas.dsm, answers++);
        return before;
      },
    },
  );
  return nas;
}

/** What lies in the folder at its start and at its end. */
const kept = (dsm: LoopbackDsm): string[] =>
  Array.from({ length: COUNT }, (_, index) => nameOf(index)).filter(
    (name) => typeof dsm.files.find(`/s/${name}`) !== 'number',
  );

/** Changes that leave as many entries as there were. */
const SAME_TOTAL: Readonly<Record<string, (dsm: LoopbackDsm) => void>> = {
  'one goes before the page and one comes behind it': (dsm) => {
    dsm.files.remove(`/s/${nameOf(3)}`);
    dsm.files.write('/s/zzz.vtu', 'x');
  },
  'one comes before the page and one goes behind it': (dsm) => {
    dsm.files.write('/s/aaa.vtu', 'x');
    dsm.files.remove(`/s/${nameOf(2_400)}`);
  },
  'one is renamed from the first page to the last': (dsm) => {
    dsm.files.remove(`/s/${nameOf(999)}`);
    dsm.files.write('/s/case_02300b.vtu', 'x');
  },
  'one is renamed from the last page to the first': (dsm) => {
    dsm.files.remove(`/s/${nameOf(2_300)}`);
    dsm.files.write('/s/case_00001b.vtu', 'x');
  },
  'a hundred go and a hundred come': (dsm) => {
    for (let index = 0; index < 100; index++) {
      dsm.files.remove(`/s/${nameOf(index)}`);
      dsm.files.write(`/s/new_${index}.vtu`, 'x');
    }
  },
};

describe('a folder that changes between two pages', () => {
  test.each(Object.keys(SAME_TOTAL))('without changing its total is listed anew: %s', async (what) => {
    const { dsm, source } = await startChanging((nas) => SAME_TOTAL[what]?.(nas));
    const names = (await source.listDirectory('s')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(kept(dsm)));
    expect(new Set(names).size).toBe(COUNT);
  });

  test('twice is listed a third time', async () => {
    const { dsm, source } = await startChanging((nas, answer) => {
      // The first answer of the first and of the second listing.
      if (answer !== 0 && answer !== 3) return;
      nas.files.remove(`/s/${nameOf(answer)}`);
      nas.files.write(`/s/zzz_${answer}.vtu`, 'x');
    }, 6);
    const names = (await source.listDirectory('s')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...kept(dsm), 'zzz_0.vtu', 'zzz_3.vtu']));
  });

  test('at every answer is asked for in one answer at last', async () => {
    const { dsm, source } = await startChanging((nas, answer) => {
      nas.files.remove(`/s/${nameOf(answer)}`);
      nas.files.write(`/s/zzz_${answer}.vtu`, 'x');
    }, Number.POSITIVE_INFINITY);
    const names = (await source.listDirectory('s')).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(kept(dsm)));
    expect(dsm.calls('List', 'list').length).toBeLessThanOrEqual(10);
  });

  test('that gives names twice, or less than it says, is an error after a number of tries', async () => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < 10; index++) dsm.files.write(`/s/${nameOf(index)}`, 'x');
    dsm.faults.add(
      { api: 'List', method: 'list', times: Number.POSITIVE_INFINITY },
      {
        kind: 'edit',
        edit: (data) => {
          const [first, , ...rest] = data['files'] as unknown[];
          return { ...data, files: [first, first, ...rest] };
        },
      },
    );
    const error = await failureOf(source.listDirectory('s'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('10 entries and gives 9');
    expect(dsm.calls('List', 'list')).toHaveLength(4);
  });
});

test.each([1, 2, 3, 999, 1_000, 1_001, 1_002, 2_000, 2_001, 2_002])(
  'a folder of %i entries takes no more requests than pages of 1,000',
  async (count) => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < count; index++) dsm.files.write(`/s/${nameOf(index)}`, 'x');
    expect(await source.listDirectory('s')).toHaveLength(count);
    expect(dsm.calls('List', 'list').length).toBeLessThanOrEqual(Math.ceil(count / 1_000));
  },
);

test.each([1, 2, 3, 7])(
  'a NAS that gives at most %i entries at a time is listed to the end',
  async (most) => {
    const { dsm, source } = await startNas();
    for (let index = 0; index < 20; index++) dsm.files.write(`/s/${nameOf(index)}`, 'x');
    dsm.faults.add(
      { api: 'List', method: 'list', times: Number.POSITIVE_INFINITY },
      { kind: 'edit', edit: (data) => ({ ...data, files: (data['files'] as unknown[]).slice(0, most) }) },
    );
    expect(await source.listDirectory('s')).toHaveLength(20);
  },
);
