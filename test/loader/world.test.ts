import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { type EnvironmentVariables, World, type WorldOptions } from '../../src/loader/world.ts';

const torchrun = {
  RANK: '5',
  WORLD_SIZE: '8',
  LOCAL_RANK: '1',
  LOCAL_WORLD_SIZE: '4',
  GROUP_RANK: '1',
  TORCHELASTIC_RUN_ID: 'x',
};
const slurm = { SLURM_PROCID: '3', SLURM_NTASKS: '4', SLURM_LOCALID: '1' };
const slurmStep = { SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '2', SLURM_NTASKS: '2', SLURM_NPROCS: '2' };
const slurmArray = {
  SLURM_ARRAY_TASK_ID: '2',
  SLURM_ARRAY_TASK_MIN: '1',
  SLURM_ARRAY_TASK_MAX: '4',
  SLURM_ARRAY_TASK_STEP: '1',
  SLURM_ARRAY_TASK_COUNT: '4',
  SLURM_PROCID: '0',
  SLURM_LOCALID: '0',
};
const openMpi = {
  OMPI_COMM_WORLD_RANK: '2',
  OMPI_COMM_WORLD_SIZE: '6',
  OMPI_COMM_WORLD_LOCAL_RANK: '0',
  OMPI_COMM_WORLD_LOCAL_SIZE: '2',
};

function optionOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (isVascuError(error, 'CONFIG')) return error.option;
    throw error;
  }
  return undefined;
}

describe('World', () => {
  test('single is one process', () => {
    expect(World.single()).toMatchObject({ rank: 0, size: 1, localRank: 0, localSize: 1 });
  });

  test.each<[string, EnvironmentVariables, number | undefined, number[]]>([
    ['nothing is one process', {}, undefined, [0, 1, 0, 1]],
    ['empty variables are not set', { RANK: '', WORLD_SIZE: '' }, undefined, [0, 1, 0, 1]],
    ['torchrun', torchrun, undefined, [5, 8, 1, 4]],
    ['RANK and WORLD_SIZE alone', { RANK: '1', WORLD_SIZE: '2' }, undefined, [1, 2, 1, 2]],
    ['SLURM', slurm, undefined, [3, 4, 1, 4]],
    ['SLURM, the older name', { SLURM_PROCID: '1', SLURM_NPROCS: '2' }, undefined, [1, 2, 1, 2]],
    ['a shell in an allocation of one task', { SLURM_NTASKS: '1' }, undefined, [0, 1, 0, 1]],
    ['a task of srun', { ...slurmStep, SLURM_PROCID: '0' }, undefined, [0, 2, 0, 2]],
    ['a batch script of SLURM', { SLURM_PROCID: '0', SLURM_LOCALID: '0' }, undefined, [0, 1, 0, 1]],
    [
      'a batch script of SLURM with tasks that no srun has started',
      { SLURM_PROCID: '0', SLURM_NTASKS: '4', SLURM_NPROCS: '4' },
      undefined,
      [0, 1, 0, 1],
    ],
    ['a task of an array of SLURM', slurmArray, undefined, [0, 1, 0, 1]],
    ['srun in such a task', { ...slurmArray, ...slurmStep, SLURM_PROCID: '1' }, undefined, [1, 2, 0, 2]],
    ['torchrun in such a task', { ...torchrun, ...slurmArray }, undefined, [5, 8, 1, 4]],
    ['Open MPI', openMpi, undefined, [2, 6, 0, 2]],
    ['Kubernetes with WORLD_SIZE', { JOB_COMPLETION_INDEX: '2', WORLD_SIZE: '3' }, undefined, [2, 3, 0, 1]],
    ['Kubernetes with a size given', { JOB_COMPLETION_INDEX: '2' }, 3, [2, 3, 0, 1]],
    ['torchrun started by SLURM, a task a machine', { ...torchrun, ...slurm }, undefined, [5, 8, 1, 4]],
    ['torchrun in a pod', { ...torchrun, JOB_COMPLETION_INDEX: '1' }, undefined, [5, 8, 1, 4]],
    [
      'mpirun in a SLURM allocation',
      { ...openMpi, SLURM_PROCID: '0', SLURM_NTASKS: '3' },
      undefined,
      [2, 6, 0, 2],
    ],
    ['RANK set from SLURM’s own', { ...slurm, RANK: '3', WORLD_SIZE: '4' }, undefined, [3, 4, 3, 4]],
    ['a size that agrees', slurm, 4, [3, 4, 1, 4]],
  ])('fromEnv: %s', (_, environment, size, [rank, total, localRank, localSize]) => {
    const { ...world } = World.fromEnv(environment, { size });
    expect(world).toEqual({ rank, size: total, localRank, localSize });
  });

  test.each<[string, EnvironmentVariables, number | undefined, string]>([
    ['RANK without WORLD_SIZE', { RANK: '1' }, undefined, 'WORLD_SIZE'],
    ['WORLD_SIZE without RANK', { WORLD_SIZE: '2' }, undefined, 'RANK'],
    ['a rank that does not exist', { RANK: '2', WORLD_SIZE: '2' }, undefined, 'world'],
    ['a size of 0', { RANK: '0', WORLD_SIZE: '0' }, undefined, 'world'],
    ['no number', { RANK: 'one', WORLD_SIZE: '2' }, undefined, 'RANK'],
    ['a negative number', { RANK: '-1', WORLD_SIZE: '2' }, undefined, 'RANK'],
    ['a local rank beyond its machine', { ...torchrun, LOCAL_RANK: '4' }, undefined, 'world'],
    ['a machine larger than the world', { ...torchrun, LOCAL_WORLD_SIZE: '9' }, undefined, 'world'],
    ['a local rank above the rank', { ...torchrun, RANK: '0' }, undefined, 'world'],
    ['SLURM_PROCID alone, above 0', { SLURM_PROCID: '1' }, undefined, 'SLURM_NTASKS'],
    ['a shell in an allocation of 4 tasks', { SLURM_NTASKS: '4' }, undefined, 'SLURM_PROCID'],
    ['SLURM’s two names apart', { ...slurm, SLURM_NPROCS: '8' }, undefined, 'world'],
    ['OMPI_COMM_WORLD_SIZE alone', { OMPI_COMM_WORLD_SIZE: '4' }, undefined, 'OMPI_COMM_WORLD_RANK'],
    ['an index without a size', { JOB_COMPLETION_INDEX: '2' }, undefined, 'WORLD_SIZE'],
    ['an index beyond the size', { JOB_COMPLETION_INDEX: '3' }, 3, 'rank'],
    ['RANK of another run beside SLURM', { ...slurm, RANK: '0', WORLD_SIZE: '1' }, undefined, 'world'],
    [
      'RANK of another run beside an index',
      { JOB_COMPLETION_INDEX: '1', RANK: '0', WORLD_SIZE: '2' },
      undefined,
      'world',
    ],
    ['a size that does not agree', slurm, 8, 'world'],
    ['a size and nothing else', {}, 2, 'world'],
  ])('fromEnv refuses %s', (_, environment, size, option) => {
    expect(optionOf(() => World.fromEnv(environment, { size }))).toBe(option);
  });

  test.each<[WorldOptions, string]>([
    [{ rank: 0, size: 0 }, 'size'],
    [{ rank: 1, size: 1 }, 'rank'],
    [{ rank: -1, size: 2 }, 'rank'],
    [{ rank: 0.5, size: 2 }, 'rank'],
    [{ rank: 1, size: 2, localRank: 2, localSize: 2 }, 'localRank'],
    [{ rank: 1, size: 2, localRank: 0, localSize: 3 }, 'localSize'],
    [{ rank: 0, size: 2, localRank: 1 }, 'localRank'],
  ])('refuses %o', (options, option) => {
    expect(optionOf(() => new World(options))).toBe(option);
  });

  test.each<[string, EnvironmentVariables, number[]]>([
    ['SLURM', slurmArray, [1, 4, 0, 1]],
    ['srun in SLURM', { ...slurmArray, ...slurmStep, SLURM_PROCID: '1', SLURM_LOCALID: '1' }, [3, 8, 1, 2]],
    ['AWS Batch', { AWS_BATCH_JOB_ARRAY_INDEX: '2', AWS_BATCH_JOB_ARRAY_SIZE: '3' }, [2, 3, 0, 1]],
  ])('fromEnv with array: true makes the array of %s the world', (_, environment, expected) => {
    const { rank, size, localRank, localSize } = World.fromEnv(environment, { array: true });
    expect([rank, size, localRank, localSize]).toEqual(expected);
  });

  test('fromEnv with array: true refuses where there is no array', () => {
    expect(optionOf(() => World.fromEnv({}, { array: true }))).toBe('shard');
    expect(optionOf(() => World.fromEnv(slurmArray, { array: true, size: 3 }))).toBe('shard');
  });

  test('a task of an array is warned once that it is alone, unless that is meant', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warnings.mockRestore());
    const environment = { PBS_ARRAY_INDEX: '3' };
    World.fromEnv(environment, { array: false });
    World.fromEnv({}, {});
    World.fromEnv({ JOB_COMPLETION_INDEX: '2', WORLD_SIZE: '3' });
    expect(warnings).not.toHaveBeenCalled();
    World.fromEnv(environment);
    World.fromEnv(environment);
    expect(warnings.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(/task of an array \(PBS_ARRAY_INDEX\).*alone.*array: true/),
    ]);
  });

  test('a batch script is warned once that its other tasks do not run', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warnings.mockRestore());
    const environment = { SLURM_PROCID: '0', SLURM_NTASKS: '5' };
    World.fromEnv(environment);
    World.fromEnv(environment);
    expect(warnings.mock.calls.map(([message]) => message)).toEqual([
      expect.stringMatching(/SLURM has 5 tasks.*no srun/),
    ]);
  });

  test('fromEnv reads this process by default', () => {
    expect(World.fromEnv().size).toBeGreaterThan(0);
  });
});
