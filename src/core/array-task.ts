import { Variables } from './environment-variables.ts';
import { ConfigError } from './errors.ts';

/** Place of a process in an array of a batch system, as far as the environment tells it. */
export interface ArrayTask {
  /** Batch system, as messages name it. */
  readonly system: string;
  /** Variable that holds the number of the task. */
  readonly variable: string;
  /** Number of the task as the batch system counts. */
  readonly id: number;
  /** Numbers of the first and the last task; undefined where they are not told. */
  readonly first?: number | undefined;
  readonly last?: number | undefined;
  /** Distance between two numbers. */
  readonly step: number;
  /** Tasks in all; undefined where it is not told. */
  readonly count?: number | undefined;
  /** Way in which such arrays are submitted, for messages. */
  readonly example: string;
  /** Processes that were started inside the task, and which of them this is. @defaultValue one */
  readonly inside?: { readonly index: number; readonly count: number } | undefined;
}

/** Reader of one batch system's variables; undefined where this is no task of an array. */
type ArrayReader = (variables: Variables) => ArrayTask | undefined;

const readSlurm: ArrayReader = (variables) => {
  const id = variables.number('SLURM_ARRAY_TASK_ID');
  if (id === undefined) return undefined;
  return {
    system: 'SLURM',
    variable: 'SLURM_ARRAY_TASK_ID',
    id,
    first: variables.number('SLURM_ARRAY_TASK_MIN'),
    last: variables.number('SLURM_ARRAY_TASK_MAX'),
    step: variables.number('SLURM_ARRAY_TASK_STEP') || 1,
    count: variables.number('SLURM_ARRAY_TASK_COUNT'),
    example: '--array=0-7',
    inside: readSlurmStep(variables),
  };
};

/** Reads which task of an `srun` this is; undefined outside of one, as in a batch script itself. */
export function readSlurmStep(
  variables: Variables,
): { readonly index: number; readonly count: number } | undefined {
  if (!variables.has('SLURM_STEP_ID', 'SLURM_STEPID')) return undefined;
  const index = variables.number('SLURM_PROCID');
  const count =
    variables.number('SLURM_STEP_NUM_TASKS') ??
    variables.number('SLURM_NTASKS') ??
    variables.number('SLURM_NPROCS');
  if (index === undefined || count === undefined) return undefined;
  if (index < count) return { index, count };
  throw new ConfigError(
    'SLURM_PROCID',
    `The environment contradicts itself: SLURM_PROCID is ${index}, and the step has ${count} tasks.`,
  );
}

const readPbs: ArrayReader = (variables) => {
  const variable = ['PBS_ARRAY_INDEX', 'PBS_ARRAYID'].find((name) => variables.has(name));
  const id = variable === undefined ? undefined : variables.number(variable);
  if (variable === undefined || id === undefined) return undefined;
  return { system: 'PBS', variable, id, step: 1, example: '-J 1-8' };
};

const readGridEngine: ArrayReader = (variables) => {
  // Outside of arrays it is the text "undefined".
  if (variables.text('SGE_TASK_ID') === 'undefined') return undefined;
  const id = variables.number('SGE_TASK_ID');
  if (id === undefined) return undefined;
  const named = (name: string): number | undefined =>
    variables.text(name) === 'undefined' ? undefined : variables.number(name);
  const [first, last] = [named('SGE_TASK_FIRST'), named('SGE_TASK_LAST')];
  const step = named('SGE_TASK_STEPSIZE') || 1;
  const count = first === undefined || last === undefined ? undefined : Math.floor((last - first) / step) + 1;
  return { system: 'SGE', variable: 'SGE_TASK_ID', id, first, step, count, example: '-t 1-8' };
};

const readAwsBatch: ArrayReader = (variables) => {
  const id = variables.number('AWS_BATCH_JOB_ARRAY_INDEX');
  if (id === undefined) return undefined;
  const count = variables.number('AWS_BATCH_JOB_ARRAY_SIZE');
  const variable = 'AWS_BATCH_JOB_ARRAY_INDEX';
  return { system: 'AWS Batch', variable, id, first: 0, step: 1, count, example: 'an array size of 8' };
};

const readKubernetes: ArrayReader = (variables) => {
  const id = variables.number('JOB_COMPLETION_INDEX');
  if (id === undefined) return undefined;
  // Where each process of a pod has a rank of its own, WORLD_SIZE counts these.
  const rank = variables.number('RANK');
  const isOfPods = rank === undefined || (rank === id && (variables.number('LOCAL_WORLD_SIZE') ?? 1) === 1);
  const count = isOfPods ? variables.number('WORLD_SIZE') : undefined;
  const variable = 'JOB_COMPLETION_INDEX';
  return { system: 'Kubernetes', variable, id, first: 0, step: 1, count, example: 'completions: 8' };
};

/** Readers in order: of a pod that a batch system starts, the batch system counts. */
const READERS: readonly ArrayReader[] = [readSlurm, readPbs, readGridEngine, readAwsBatch, readKubernetes];

/** Reads which tasks of arrays this process is: one, but for a batch system that starts another's. */
export function readArrayTasks(variables: Variables): readonly ArrayTask[] {
  return READERS.flatMap((read) => read(variables) ?? []);
}

/**
 * Names the variable by which a process is a task of an array of several; undefined where it is none.
 *
 * @internal
 */
export function arrayVariable(variables: Variables = new Variables()): string | undefined {
  return readArrayTasks(variables).find(({ count }) => count !== 1)?.variable;
}
