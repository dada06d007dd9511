import { type ArrayTask, readArrayTasks, readSlurmStep } from './array-task.ts';
import { type EnvironmentVariables, Variables } from './environment-variables.ts';
import { ConfigError } from './errors.ts';
import { showValue } from './show-value.ts';

/** Numbers of a {@link Shard}: which share of how many it is. */
export interface ShardOptions {
  /** Number of the share, `0 … count − 1`. */
  readonly index: number;
  /** Number of shares, 1 or more. */
  readonly count: number;
}

/** Options of {@link Shard.fromEnv}: what the environment does not tell. */
export interface ShardFromEnvOptions {
  /** Number of tasks; must agree with what the environment says of it. @defaultValue what the environment says */
  readonly count?: number | undefined;
  /**
   * Number of the first task, where they are numbered on from there, `count` of them; the task's own number then says
   * alone which share this is. @defaultValue what the environment says, else 0
   */
  readonly first?: number | undefined;
}

/** Items that are shared out: samples, or tars. */
export interface SharedItems {
  readonly length: number;
  idAt(index: number): string;
  bytesAt(index: number): number;
}

/** Forms of the texts that {@link Shard.parse} takes, for messages. */
const FORMS =
  'INDEX/COUNT with 0 ≤ INDEX < COUNT, such as 2/8, or auto, auto/COUNT or auto/FIRST-LAST inside an array of a batch system';

/**
 * Share of samples: one of several that together have each of them once. Which samples are in it follows from the ids and
 * sizes of all of them alone: the largest go first, each to the share that has the fewest bytes, so that shares take
 * equally long (Graham, "Bounds on multiprocessing timing anomalies", 1969).
 *
 * @example
 * const own = dataset.shard(Shard.fromEnv());
 */
export class Shard {
  readonly index: number;
  readonly count: number;

  /** @throws ConfigError for numbers that do not fit together */
  constructor({ index, count }: ShardOptions) {
    if (!Number.isSafeInteger(count) || count < 1 || count > MAX_SHARES) {
      throw wrong(
        `The number of shares must be a whole number from 1 to ${MAX_SHARES}, not ${showValue(count)}.`,
      );
    }
    if (!Number.isSafeInteger(index) || index < 0 || index >= count) {
      const counted =
        index === count ? ` Shares count from 0: the last of ${count} is ${count - 1}/${count}.` : '';
      throw wrong(
        `The number of a share of ${count} must be a whole number in 0 … ${count - 1}, not ${showValue(index)}.${counted}`,
      );
    }
    this.index = index;
    this.count = count;
  }

  /**
   * Parses a share as the option `--shard` of the command line has it: `2/8`, or `auto`, `auto/8`, `auto/1-8` as
   * {@link Shard.fromEnv} reads the environment.
   *
   * @param environment - default: that of this process
   * @throws ConfigError that says what to write instead
   */
  static parse(text: string, environment?: EnvironmentVariables): Shard {
    const [, index, count] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
    if (index !== undefined) return new Shard({ index: Number(index), count: Number(count) });
    const [isAuto, size, first, last] = /^auto(?:\/(?:(\d{1,9})|(\d{1,9})-(\d{1,9})))?$/.exec(text) ?? [];
    if (isAuto === undefined) throw wrong(`${showValue(text)} is no share: give ${FORMS}.`);
    if (first === undefined)
      return Shard.fromEnv(environment, { count: size === undefined ? size : Number(size) });
    if (Number(last) < Number(first)) {
      throw wrong(
        `${showValue(text)} ends before it begins: give auto/FIRST-LAST as in auto/${last}-${first}.`,
      );
    }
    return Shard.fromEnv(environment, { first: Number(first), count: Number(last) - Number(first) + 1 });
  }

  /**
   * Reads which task of an array this process is: of SLURM (any first number and step; the tasks of an `srun` inside
   * share that task's share), PBS (which does not tell how many there are), SGE, AWS Batch, or of a Kubernetes indexed job
   * (how many: `WORLD_SIZE`, or `count`).
   *
   * @param environment - default: that of this process
   * @throws ConfigError for whatever the environment does not tell, or tells in two ways
   */
  static fromEnv(environment?: EnvironmentVariables, options: ShardFromEnvOptions = {}): Shard {
    checkOptions(options);
    const variables = new Variables(environment);
    const tasks = readArrayTasks(variables);
    const [first, ...others] = tasks;
    if (first === undefined) return fromStep(variables, options);
    const told = tasks.filter(({ count }) => count !== undefined || options.count !== undefined);
    const task = told[0] ?? first;
    const shard = shareOf(task, options);
    for (const other of others) {
      if (other === task || !told.includes(other)) continue;
      const same = shareOf(other, options);
      if (same.index === shard.index && same.count === shard.count) continue;
      throw wrong(
        `The environment contradicts itself: by ${task.variable} this is task ${shard.index} of ${shard.count}, by ${other.variable} ${same.index} of ${same.count}. Unset the one that is left over, or give the share as INDEX/COUNT.`,
      );
    }
    return shard;
  }

  /**
   * Chooses the items of this share.
   *
   * @returns their indices, ascending
   */
  choose(items: SharedItems): Uint32Array {
    const { index, count } = this;
    const order = Uint32Array.from({ length: items.length }, (_, at) => at);
    if (count === 1) return order;
    const ids = Array.from(order, (at) => items.idAt(at));
    const bytes = Float64Array.from(order, (at) => items.bytesAt(at));
    order.sort((a, b) => {
      const larger = (bytes[b] as number) - (bytes[a] as number);
      if (larger !== 0) return larger;
      return (ids[a] as string) < (ids[b] as string) ? -1 : 1;
    });
    const loads = new Loads(count);
    return order.filter((at) => loads.give(bytes[at] as number) === index).sort();
  }

  toString(): string {
    return `${this.index}/${this.count}`;
  }
}

/** Most shares: each of them is an entry of a heap. */
const MAX_SHARES = 10_000_000;

/** Shares as a heap: the one with the fewest bytes on top, of equal ones that with the fewest items, then the first. */
class Loads {
  readonly #bytes: Float64Array;
  readonly #items: Uint32Array;
  readonly #heap: Uint32Array;

  constructor(count: number) {
    this.#bytes = new Float64Array(count);
    this.#items = new Uint32Array(count);
    this.#heap = Uint32Array.from({ length: count }, (_, at) => at);
  }

  /** Gives an item to the share that has the least. @returns the share */
  give(bytes: number): number {
    const heap = this.#heap;
    const share = heap[0] as number;
    this.#bytes[share] = (this.#bytes[share] as number) + bytes;
    this.#items[share] = (this.#items[share] as number) + 1;
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && this.#isBefore(heap[child] as number, heap[least] as number))
          least = child;
      }
      if (least === at) return share;
      [heap[at], heap[least]] = [heap[least] as number, heap[at] as number];
      at = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const bytes = (this.#bytes[a] as number) - (this.#bytes[b] as number);
    if (bytes !== 0) return bytes < 0;
    const items = (this.#items[a] as number) - (this.#items[b] as number);
    return items !== 0 ? items < 0 : a < b;
  }
}

function checkOptions({ count, first }: ShardFromEnvOptions): void {
  if (count !== undefined && (!Number.isSafeInteger(count) || count < 1)) {
    throw wrong(`The number of tasks must be a whole number from 1 on, not ${showValue(count)}.`);
  }
  if (first !== undefined && (!Number.isSafeInteger(first) || first < 0)) {
    throw wrong(`The number of the first task must be a whole number from 0 on, not ${showValue(first)}.`);
  }
}

/** Makes the share of a task of an `srun` that is in no array. */
function fromStep(variables: Variables, { count, first }: ShardFromEnvOptions): Shard {
  const step = readSlurmStep(variables);
  if (step !== undefined && step.count > 1 && (first ?? 0) === 0 && (count ?? step.count) === step.count)
    return new Shard(step);
  throw wrong(
    'No environment variable says which task of an array this is: submit it as an array (SLURM, PBS, SGE, AWS Batch, a Kubernetes indexed job), or give the share as INDEX/COUNT, such as 0/8.',
  );
}

function shareOf(task: ArrayTask, options: ShardFromEnvOptions): Shard {
  const place = options.first === undefined ? placeOf(task, options.count) : placeFrom(task, options);
  const { index, count } = place;
  const { inside } = task;
  if (inside === undefined) return new Shard(place);
  return new Shard({ index: index * inside.count + inside.index, count: count * inside.count });
}

/** Finds the place of a task by what the environment says of the array, and by `given`, the number of its tasks. */
function placeOf(task: ArrayTask, given: number | undefined): ShardOptions {
  const { system, variable, id, step, example } = task;
  const count = task.count ?? given;
  if (count === undefined) {
    const how =
      system === 'Kubernetes'
        ? 'set WORLD_SIZE to the number of completions in the manifest, or give auto/COUNT'
        : `give the numbers of the first and the last task as you submitted them (${example}): auto/1-8`;
    throw wrong(
      `${variable} says that this is task ${id} of an array, but nothing how many there are: ${how}.`,
    );
  }
  if (given !== undefined && given !== count) {
    throw wrong(
      `The array has ${count} ${count === 1 ? 'task' : 'tasks'} as ${system} says, not ${given}. To do again some tasks of a larger array, give the numbers that it had: auto/FIRST-LAST.`,
    );
  }
  const first = task.first ?? 0;
  if (task.last !== undefined && (task.last - first) / step + 1 !== count) {
    throw wrong(
      `Which share task ${id} is cannot be told: the array has ${count} tasks with numbers from ${first} to ${task.last} that are not ${step} apart. Submit it with the tasks 0-${count - 1}, or give the share as INDEX/COUNT.`,
    );
  }
  const index = (id - first) / step;
  if (Number.isInteger(index) && index >= 0 && index < count) return { index, count };
  const hint =
    task.first === undefined && id === count
      ? ` Numbers are taken to begin at 0; where they begin at 1, give auto/1-${count}.`
      : ` Give the numbers of the first and the last task as you submitted them, such as auto/1-${count}.`;
  throw wrong(
    `${variable} is ${id}, and ${count} tasks are numbered ${first} … ${first + (count - 1) * step}.${hint}`,
  );
}

/** Finds the place of a task in an array whose numbers were given. */
function placeFrom({ variable, id, step }: ArrayTask, options: ShardFromEnvOptions): ShardOptions {
  const { first = 0, count = 1 } = options;
  const last = first + count - 1;
  if (step !== 1) {
    throw wrong(
      `The array goes in steps of ${step}, so that most numbers of ${first}-${last} have no task: give auto, which knows the steps.`,
    );
  }
  if (id >= first && id <= last) return { index: id - first, count };
  throw wrong(
    `${variable} is ${id}, which is not in ${first}-${last}: give the numbers of the first and the last task as you submitted them.`,
  );
}

function wrong(message: string): ConfigError {
  return new ConfigError('shard', message);
}
