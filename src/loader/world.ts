import { arrayVariable, readSlurmStep } from '../core/array-task.ts';
import { type EnvironmentVariables, Variables } from '../core/environment-variables.ts';
import { ConfigError } from '../core/errors.ts';
import { Shard } from '../core/shard.ts';
import { showValue } from '../core/show-value.ts';

/** Numbers of a {@link World}: which process of how many it describes. */
export interface WorldOptions {
  /** Number of this process, `0 … size − 1`. */
  readonly rank: number;
  /** Number of processes, 1 or more. */
  readonly size: number;
  /** Number of this process among those of its machine. @defaultValue `rank` */
  readonly localRank?: number | undefined;
  /** Number of processes of its machine. @defaultValue `size` */
  readonly localSize?: number | undefined;
}

/** Options of {@link World.fromEnv}. */
export interface WorldFromEnvOptions {
  /** Number of processes, where no variable says it; must agree with one that does. @defaultValue what the variables say */
  readonly size?: number | undefined;
  /**
   * True where the tasks of an array (SLURM, PBS, SGE, AWS Batch, Kubernetes) are the processes that train together, as
   * `Shard.fromEnv` counts them; false where each trains alone, and is not warned of it. @defaultValue each trains
   * alone, and is warned once
   */
  readonly array?: boolean | undefined;
}

export type { EnvironmentVariables };

/** Processes that train together, and which of them this is. Each gets its own part of every global batch. */
export class World {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;

  /** @throws ConfigError for numbers that do not fit together */
  constructor({ rank, size, localRank = rank, localSize = size }: WorldOptions) {
    requireRank('rank', rank, 'size', size);
    requireRank('localRank', localRank, 'localSize', localSize);
    if (localSize > size || localRank > rank) {
      const [local, global] = localSize > size ? ['localSize', 'size'] : ['localRank', 'rank'];
      throw new ConfigError(
        local,
        `${local} must not be larger than ${global}: ${localRank} of ${localSize} on this machine, ${rank} of ${size} in all.`,
      );
    }
    this.rank = rank;
    this.size = size;
    this.localRank = localRank;
    this.localSize = localSize;
  }

  /** Makes the world of a process that trains alone. */
  static single(): World {
    return new World({ rank: 0, size: 1 });
  }

  /**
   * Reads the world that a launcher describes by environment variables; without any of them, {@link World.single}.
   *
   * - torchrun and whatever speaks as it does: `RANK`, `WORLD_SIZE`, `LOCAL_RANK`, `LOCAL_WORLD_SIZE`
   * - Open MPI: `OMPI_COMM_WORLD_RANK`, `_SIZE`, `_LOCAL_RANK`, `_LOCAL_SIZE`
   * - SLURM (`srun`): `SLURM_PROCID`, `SLURM_NTASKS` or `SLURM_NPROCS`, `SLURM_LOCALID`; a batch script itself is alone
   * - Kubernetes indexed jobs: `JOB_COMPLETION_INDEX` with the size from `WORLD_SIZE` or `options.size`
   *
   * A task of an array, of SLURM as of others, is alone, since the tasks of an array need not run at the same time; see
   * `options.array`.
   *
   * Where several are there the first one counts. `RANK` and `WORLD_SIZE` that no torchrun has set (it also
   * sets `GROUP_RANK` and `TORCHELASTIC_RUN_ID`) must agree with the others: left over from another run they
   * would give every process the same samples.
   *
   * @param environment - default: that of this process
   * @throws ConfigError for variables that are no numbers, half set or contradict each other, and with `array: true` where no
   * array is, or its tasks cannot be told
   */
  static fromEnv(environment?: EnvironmentVariables, options: WorldFromEnvOptions = {}): World {
    const variables = new Variables(environment);
    if (options.array === true) return World.#ofArray(variables, environment, options.size);
    const found = FAMILIES.flatMap((family) => {
      const world = family.read(variables, options.size);
      return world === undefined ? [] : [{ world, family }];
    });
    const [first] = found;
    if (options.array === undefined) warnOfArray(variables, first?.family.name);
    if (first === undefined) {
      warnOfBatchScript(variables);
      return World.#alone(options.size);
    }
    if (first.family.name === 'RANK and WORLD_SIZE' && !variables.has('GROUP_RANK', 'TORCHELASTIC_RUN_ID')) {
      for (const other of found.slice(1)) requireSame(first, other);
    }
    if (options.size !== undefined && options.size !== first.world.size) {
      throw contradiction(`the option size is ${options.size}, ${describe(first)}`);
    }
    return new World(first.world);
  }

  /** Makes the world of the tasks of an array. */
  static #ofArray(
    variables: Variables,
    environment: EnvironmentVariables | undefined,
    count: number | undefined,
  ): World {
    const { index: rank, count: size } = Shard.fromEnv(environment, { count });
    const step = readSlurmStep(variables);
    // Tasks of an array may lie on any machines; those of a step say where they are.
    const localRank = step === undefined ? 0 : (variables.number('SLURM_LOCALID') ?? 0);
    return new World({ rank, size, localRank, localSize: step === undefined ? 1 : step.count });
  }

  static #alone(size: number | undefined): World {
    if (size === undefined || size === 1) return World.single();
    throw new ConfigError(
      'world',
      `No environment variable says which of ${size} processes this is. Start it with torchrun, srun or mpirun, or as an indexed job, or give new World({ rank, size: ${size} }).`,
    );
  }
}

/** Way in which one kind of launcher describes a world. */
interface Family {
  readonly name: string;
  /** Reads the variables of the launcher; undefined where they are not set. */
  read(variables: Variables, size: number | undefined): WorldOptions | undefined;
}

interface Found {
  readonly world: WorldOptions;
  readonly family: Family;
}

/** Launchers in order of precedence: the one that starts processes inside those of another comes first. */
const FAMILIES: readonly Family[] = [
  {
    name: 'RANK and WORLD_SIZE',
    read: (variables) => {
      // Without RANK, WORLD_SIZE is what an indexed job adds to its index.
      if (!variables.has('RANK') && variables.has('JOB_COMPLETION_INDEX')) return undefined;
      return pair(variables, 'RANK', ['WORLD_SIZE'], 'LOCAL_RANK', 'LOCAL_WORLD_SIZE');
    },
  },
  {
    name: 'OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE',
    read: (variables) =>
      pair(
        variables,
        'OMPI_COMM_WORLD_RANK',
        ['OMPI_COMM_WORLD_SIZE'],
        'OMPI_COMM_WORLD_LOCAL_RANK',
        'OMPI_COMM_WORLD_LOCAL_SIZE',
      ),
  },
  {
    name: 'SLURM_PROCID and SLURM_NTASKS',
    read: (variables) => {
      const step = variables.has('SLURM_STEP_ID', 'SLURM_STEPID') ? readSlurmStep(variables) : undefined;
      if (step !== undefined) {
        const localRank = variables.number('SLURM_LOCALID');
        return { rank: step.index, size: step.count, localRank };
      }
      if (isBatchScript(variables)) return undefined;
      // In a shell of `salloc` no task has been started; with one task there is nothing to tell apart.
      const sizes = ['SLURM_NTASKS', 'SLURM_NPROCS'];
      if (!variables.has('SLURM_PROCID') && sizes.every((name) => (variables.number(name) ?? 1) === 1)) {
        return undefined;
      }
      return pair(variables, 'SLURM_PROCID', sizes, 'SLURM_LOCALID', undefined);
    },
  },
  {
    name: 'JOB_COMPLETION_INDEX',
    read: (variables, given) => {
      const rank = variables.number('JOB_COMPLETION_INDEX');
      if (rank === undefined) return undefined;
      const size = variables.number('WORLD_SIZE') ?? given;
      // Inside a pod each process may have a rank of its own.
      if (variables.has('RANK') && (variables.number('LOCAL_WORLD_SIZE') ?? 1) > 1) return undefined;
      if (size !== undefined) return { rank, size, localRank: 0, localSize: 1 };
      throw new ConfigError(
        'WORLD_SIZE',
        'JOB_COMPLETION_INDEX says which process of an indexed job this is, but nothing how many there are: set WORLD_SIZE to the number of completions, or use World.fromEnv(undefined, { size }).',
      );
    },
  },
];

/** Reads the variables of a launcher that has one for the rank and one, or more, for the size. */
function pair(
  variables: Variables,
  rankName: string,
  sizeNames: readonly string[],
  localRank: string,
  localSize: string | undefined,
): WorldOptions | undefined {
  const rank = variables.number(rankName);
  const [size, ...others] = sizeNames
    .map((name) => variables.number(name))
    .filter((value) => value !== undefined);
  if (rank === undefined && size === undefined) return undefined;
  if (rank === undefined || size === undefined) {
    const [set, missing] =
      rank === undefined
        ? [sizeNames.find((name) => variables.has(name)), rankName]
        : [rankName, sizeNames[0]];
    throw new ConfigError(
      missing as string,
      `${set} is set and ${missing} is not: both together say which process of how many this is. Set both, or none.`,
    );
  }
  if (others.some((other) => other !== size))
    throw contradiction(sizeNames.map((name) => `${name} is ${variables.number(name)}`).join(', '));
  if (rank >= size)
    throw contradiction(
      `${rankName} is ${rank} and there are ${size} processes, so that it must be in 0 … ${size - 1}`,
    );
  const local = variables.number(localRank);
  const count = localSize === undefined ? undefined : variables.number(localSize);
  if (local !== undefined && count !== undefined && local >= count)
    throw contradiction(`${localRank} is ${local}, ${localSize} is ${count}`);
  if (count !== undefined && count > size)
    throw contradiction(`${localSize} is ${count}, and there are ${size} processes in all`);
  if (local !== undefined && local > rank)
    throw contradiction(`${localRank} is ${local}, ${rankName} is ${rank}`);
  return { rank, size, localRank: local, localSize: count };
}

/**
 * Tells whether this is a batch script of SLURM itself, or what it started without `srun`: it has the rank 0, whatever number
 * of tasks it asked for.
 */
function isBatchScript(variables: Variables): boolean {
  return !variables.has('SLURM_STEP_ID', 'SLURM_STEPID') && variables.number('SLURM_PROCID') === 0;
}

/** Says that the other tasks that were asked for do not run. */
function warnOfBatchScript(variables: Variables): void {
  const tasks = variables.number('SLURM_NTASKS') ?? variables.number('SLURM_NPROCS') ?? 1;
  if (!isBatchScript(variables) || tasks === 1) return;
  warnOnce(
    `SLURM has ${tasks} tasks for this job, and no srun has started them: this process is alone and sees all samples. Start it by srun to have ${tasks} that share them.`,
    'VASCUSIM_BATCH_SCRIPT',
  );
}

/** Says that a task of an array sees the same as all others of it. */
function warnOfArray(variables: Variables, family: string | undefined): void {
  const variable = arrayVariable(variables);
  // The size of an indexed job was given so that its pods are a world.
  if (variable === undefined || family === variable || variable === 'JOB_COMPLETION_INDEX') return;
  const what =
    family === undefined ? 'this process is alone and sees all samples' : `the world is that of ${family}`;
  warnOnce(
    `This is a task of an array (${variable}), each of whose tasks does the same: ${what}. For tasks that train together give World.fromEnv(undefined, { array: true }), for shares of the samples dataset.shard(Shard.fromEnv()); { array: false } says that it is meant.`,
    'VASCUSIM_ARRAY',
  );
}

/** Warnings that were given. */
const given = new Set<string>();

function warnOnce(message: string, code: string): void {
  if (given.has(message)) return;
  given.add(message);
  const { process } = globalThis as { readonly process?: { emitWarning?: NodeJS.Process['emitWarning'] } };
  process?.emitWarning?.(message, { type: 'VascuSimWarning', code });
}

function requireSame(one: Found, other: Found): void {
  const same = one.world.rank === other.world.rank && one.world.size === other.world.size;
  if (!same) {
    throw contradiction(
      `${describe(one)}, ${describe(other)}; if RANK and WORLD_SIZE are left over from another run, unset them`,
    );
  }
}

function describe({ world, family }: Found): string {
  return `${family.name} say${family.name.includes(' and ') ? '' : 's'} process ${world.rank} of ${world.size}`;
}

function contradiction(what: string): ConfigError {
  return new ConfigError('world', `The environment contradicts itself: ${what}.`);
}

function requireRank(rankName: string, rank: number, sizeName: string, size: number): void {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new ConfigError(sizeName, `${sizeName} must be a whole number from 1 on, not ${showValue(size)}.`);
  }
  if (!Number.isSafeInteger(rank) || rank < 0 || rank >= size) {
    throw new ConfigError(
      rankName,
      `${rankName} must be a whole number in 0 … ${size - 1}, not ${showValue(rank)}.`,
    );
  }
}
