import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EnvironmentVariables } from '../../src/core/environment-variables.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { Shard, type SharedItems } from '../../src/core/shard.ts';

function items(sizes: Readonly<Record<string, number>>): SharedItems {
  const entries = Object.entries(sizes);
  return {
    length: entries.length,
    idAt: (index) => entries[index]?.[0] as string,
    bytesAt: (index) => entries[index]?.[1] as number,
  };
}

function shares(all: SharedItems, count: number): string[][] {
  return Array.from({ length: count }, (_, index) =>
    Array.from(new Shard({ index, count }).choose(all), (at) => all.idAt(at)),
  );
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (isVascuError(error, 'CONFIG')) return error.message;
    throw error;
  }
  return '';
}

/** Variables of a task of a SLURM array, as a real one sets them. */
function slurm(id: number, [min, max, step, count]: readonly number[]): EnvironmentVariables {
  return {
    SLURM_ARRAY_TASK_ID: String(id),
    SLURM_ARRAY_TASK_MIN: String(min),
    SLURM_ARRAY_TASK_MAX: String(max),
    SLURM_ARRAY_TASK_STEP: String(step),
    SLURM_ARRAY_TASK_COUNT: String(count),
    SLURM_PROCID: '0',
    SLURM_LOCALID: '0',
    SLURM_NODEID: '0',
  };
}

const step = {
  SLURM_STEP_ID: '0',
  SLURM_STEPID: '0',
  SLURM_STEP_NUM_TASKS: '2',
  SLURM_NTASKS: '2',
  SLURM_NPROCS: '2',
};

describe('choose', () => {
  const sets = fc.dictionary(fc.string({ maxLength: 6 }), fc.nat({ max: 10 ** 9 }), { maxKeys: 60 });
  const counts = fc.integer({ min: 1, max: 12 });

  test('shares are disjoint and cover', () => {
    fc.assert(
      fc.property(sets, counts, (sizes, count) => {
        const all = items(sizes);
        const ids = Array.from({ length: all.length }, (_, index) => all.idAt(index));
        expect(shares(all, count).flat().toSorted()).toEqual(ids.toSorted());
      }),
    );
  });

  test('which share has an item follows from ids and sizes alone, in whatever order they are', () => {
    fc.assert(
      fc.property(sets, counts, (sizes, count) => {
        const turned = items(Object.fromEntries(Object.entries(sizes).reverse()));
        const sorted = (each: readonly string[]): string[] => each.toSorted();
        expect(shares(items(sizes), count).map(sorted)).toEqual(shares(turned, count).map(sorted));
      }),
    );
  });

  test('no share has more than the mean and the largest item', () => {
    fc.assert(
      fc.property(sets, counts, (sizes, count) => {
        const loads = shares(items(sizes), count).map((ids) =>
          ids.reduce((sum, id) => sum + (sizes[id] as number), 0),
        );
        const total = loads.reduce((sum, each) => sum + each, 0);
        const largest = Math.max(0, ...Object.values(sizes));
        expect(Math.max(...loads)).toBeLessThanOrEqual(total / count + largest);
      }),
    );
  });

  test('items of no known size are spread, too', () => {
    const sizes = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`s${index}`, 0]));
    expect(shares(items(sizes), 4).map((ids) => ids.length)).toEqual([2, 2, 2, 2]);
  });

  test('1,000 sizes as data sets have them on 8 shares: the largest is at most 1.02 × the mean', () => {
    const sizes: Record<string, number> = {};
    let state = 12345;
    const uniform = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state + 1) / 2 ** 32;
    };
    for (let index = 0; index < 1000; index++) {
      const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      sizes[`case_${index}`] = Math.round(5e6 * Math.exp(1.53 * normal));
    }
    const loads = shares(items(sizes), 8).map((ids) =>
      ids.reduce((sum, id) => sum + (sizes[id] as number), 0),
    );
    const mean = loads.reduce((sum, each) => sum + each, 0) / 8;
    expect(Math.max(...loads) / mean).toBeLessThanOrEqual(1.02);
  });
});

describe('parse', () => {
  test.each([
    ['2/8', 2, 8],
    ['0/1', 0, 1],
  ])('%s', (text, index, count) => {
    expect({ ...Shard.parse(text, {}) }).toEqual({ index, count });
  });

  test.each(['', 'x', '1', '1/', '/2', '-1/2', '1.5/2', ' 1/2', 'auto/', 'auto/x', 'auto/3-', 'automatic'])(
    'refuses %j and says which forms there are',
    (text) => {
      expect(messageOf(() => Shard.parse(text, {}))).toMatch(/is no share: give INDEX\/COUNT/);
    },
  );

  test('3/3 is told that shares count from 0', () => {
    expect(messageOf(() => Shard.parse('3/3', {}))).toMatch(/count from 0: the last of 3 is 2\/3/);
  });

  test.each([
    ['auto/8', { PBS_ARRAY_INDEX: '7' }, 7, 8],
    ['auto/1-8', { PBS_ARRAY_INDEX: '8' }, 7, 8],
    ['auto/1-8', { PBS_ARRAYID: '1' }, 0, 8],
    ['auto/0-7', slurm(3, [2, 3, 1, 2]), 3, 8],
    ['auto/3', { JOB_COMPLETION_INDEX: '2' }, 2, 3],
  ])('%s in an array: %o', (text, environment, index, count) => {
    expect({ ...Shard.parse(text, environment) }).toEqual({ index, count });
  });

  test.each<[string, EnvironmentVariables, RegExp]>([
    ['auto/8', { PBS_ARRAY_INDEX: '8' }, /auto\/1-8/],
    ['auto/1-8', { PBS_ARRAY_INDEX: '9' }, /not in 1-8/],
    ['auto/1-8', { PBS_ARRAY_INDEX: '0' }, /not in 1-8/],
    ['auto/8-1', { PBS_ARRAY_INDEX: '1' }, /auto\/1-8/],
    ['auto/0', { PBS_ARRAY_INDEX: '0' }, /from 1 on/],
    ['auto/4', slurm(2, [2, 3, 1, 2]), /has 2 tasks as SLURM says, not 4/],
    ['auto/0-10', slurm(5, [0, 10, 5, 3]), /steps of 5/],
    ['auto/8', {}, /No environment variable/],
  ])('%s in %o is refused', (text, environment, message) => {
    expect(messageOf(() => Shard.parse(text, environment))).toMatch(message);
  });
});

describe('fromEnv', () => {
  test.each<[string, EnvironmentVariables, number, number]>([
    ['SLURM from 0', slurm(5, [0, 5, 1, 6]), 5, 6],
    ['SLURM from 1', slurm(1, [1, 4, 1, 4]), 0, 4],
    ['SLURM in steps', slurm(10, [0, 10, 5, 3]), 2, 3],
    ['SLURM, tasks sent again', slurm(3, [2, 3, 1, 2]), 1, 2],
    ['SLURM, one task', slurm(7, [7, 7, 1, 1]), 0, 1],
    ['srun in SLURM', { ...slurm(1, [0, 1, 1, 2]), ...step, SLURM_PROCID: '1' }, 3, 4],
    ['srun alone', { ...step, SLURM_PROCID: '1' }, 1, 2],
    ['SGE', { SGE_TASK_ID: '5', SGE_TASK_FIRST: '1', SGE_TASK_LAST: '10', SGE_TASK_STEPSIZE: '4' }, 1, 3],
    ['AWS Batch', { AWS_BATCH_JOB_ARRAY_INDEX: '2', AWS_BATCH_JOB_ARRAY_SIZE: '5' }, 2, 5],
    ['Kubernetes', { JOB_COMPLETION_INDEX: '2', WORLD_SIZE: '3' }, 2, 3],
    ['Kubernetes where RANK is the index', { JOB_COMPLETION_INDEX: '2', WORLD_SIZE: '3', RANK: '2' }, 2, 3],
    [
      'AWS Batch in pods that agree',
      {
        AWS_BATCH_JOB_ARRAY_INDEX: '2',
        AWS_BATCH_JOB_ARRAY_SIZE: '5',
        JOB_COMPLETION_INDEX: '2',
        WORLD_SIZE: '5',
      },
      2,
      5,
    ],
  ])('%s', (_, environment, index, count) => {
    expect({ ...Shard.fromEnv(environment) }).toEqual({ index, count });
  });

  test('the tasks of an srun have all shares of the array together', () => {
    const all = [0, 1].flatMap((id) =>
      ['0', '1'].map(
        (rank) => Shard.fromEnv({ ...slurm(id, [0, 1, 1, 2]), ...step, SLURM_PROCID: rank }).index,
      ),
    );
    expect(all).toEqual([0, 1, 2, 3]);
  });

  test.each<[string, EnvironmentVariables, RegExp]>([
    ['nothing', {}, /No environment variable/],
    ['a batch script', { SLURM_PROCID: '0', SLURM_NTASKS: '2', SLURM_NPROCS: '2' }, /No environment/],
    ['one task of an srun', { ...step, SLURM_STEP_NUM_TASKS: '1', SLURM_PROCID: '0' }, /No environment/],
    ['SGE outside of an array', { SGE_TASK_ID: 'undefined' }, /No environment variable/],
    ['a list of numbers', slurm(3, [1, 7, 1, 3]), /tasks 0-2/],
    ['a number outside', slurm(9, [0, 5, 1, 6]), /9, and 6 tasks are numbered 0 … 5/],
    ['a number between steps', slurm(3, [0, 10, 5, 3]), /numbered 0 … 10/],
    ['PBS alone', { PBS_ARRAY_INDEX: '3' }, /auto\/1-8/],
    ['Kubernetes alone', { JOB_COMPLETION_INDEX: '3' }, /WORLD_SIZE/],
    ['ranks in a pod', { JOB_COMPLETION_INDEX: '1', WORLD_SIZE: '8', RANK: '5' }, /WORLD_SIZE/],
    ['no number', { SLURM_ARRAY_TASK_ID: 'x' }, /whole number/],
    [
      'two batch systems',
      { AWS_BATCH_JOB_ARRAY_INDEX: '1', AWS_BATCH_JOB_ARRAY_SIZE: '5', ...slurm(1, [0, 3, 1, 4]) },
      /contradicts itself/,
    ],
  ])('refuses %s', (_, environment, message) => {
    expect(messageOf(() => Shard.fromEnv(environment))).toMatch(message);
  });
});
