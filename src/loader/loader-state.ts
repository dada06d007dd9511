import { ConfigError } from '../core/errors.ts';

/** Place where a loader is. */
export interface Position {
  readonly epoch: number;
  /** Batches of the epoch that this process has had; of several processes each has had as many. */
  readonly batches: number;
  /** Samples of the epoch's order that these batches are made of, on all processes. */
  readonly samples: number;
  /** Numbers of batches beyond `batches` that it has had too, where they need not come in order. */
  readonly early: readonly number[];
}

/** Facts that have to be the same for a position to mean the same. Values that are undefined do not matter. */
export interface Agreement {
  /** Samples of the dataset. */
  readonly length: number;
  /** Digest of the ids of the samples, where the dataset has them. */
  readonly ids?: string | undefined;
  readonly seed: number;
  readonly shuffle: boolean;
  /** Digest of the order that the sampler gave for the epoch. */
  readonly sampler?: string | undefined;
  /** Samples in a batch of all processes together; undefined within a budget without `batchSize`. */
  readonly globalBatchSize?: number | undefined;
  readonly maxNodesPerBatch?: number | undefined;
  readonly maxEdgesPerBatch?: number | undefined;
  /** Digest of the sizes that were known beforehand. */
  readonly sampleSizes?: string | undefined;
  /** Processes, where batches within a budget are dealt to them. */
  readonly processes?: number | undefined;
}

/** State that {@link DataLoader.stateDict} gives: plain JSON of less than 1 KB. */
export interface LoaderState extends Position {
  readonly version: 1;
  readonly agreement: Agreement;
}

/** Names of the parts of an {@link Agreement} in messages, and what to do where it differs. */
const PARTS: Readonly<Record<keyof Agreement, readonly [what: string, remedy: string]>> = {
  length: ['the number of samples', 'Use the same files and the same filter'],
  ids: ['which samples the dataset has', 'Use the same files and the same filter'],
  seed: ['the seed', 'Use the same seed'],
  shuffle: ['shuffle', 'Use the same option'],
  sampler: ['the order that the sampler gives', 'The sampler must give the same indices for the same epoch'],
  globalBatchSize: [
    'the number of samples in a batch of all processes',
    'Keep batchSize × the number of processes the same',
  ],
  maxNodesPerBatch: ['maxNodesPerBatch', 'Use the same option'],
  maxEdgesPerBatch: ['maxEdgesPerBatch', 'Use the same option'],
  sampleSizes: ['sampleSizes', 'Use the same sizes'],
  processes: ['the number of processes', 'Batches within a budget need the same number'],
};

/**
 * Checks that `state` was made by a `stateDict` and for an epoch of the same batches.
 *
 * @param planOf - what this loader would do in an epoch
 * @throws ConfigError (option `state`) that names the first thing that differs
 */
export function readState(
  state: unknown,
  planOf: (epoch: number) => { readonly agreement: Agreement; has(position: Position): boolean },
): Position {
  if (!isState(state)) {
    throw new ConfigError(
      'state',
      'This is no state of a loader: give what stateDict() returned, as it was or from JSON.',
    );
  }
  const { epoch, batches, samples, early } = state;
  const plan = planOf(epoch);
  const own = plan.agreement;
  for (const [name, [what, remedy]] of Object.entries(PARTS) as [
    keyof Agreement,
    readonly [string, string],
  ][]) {
    const [saved, present] = [state.agreement[name], own[name]];
    if (saved === present) continue;
    throw new ConfigError(
      'state',
      `The state does not fit this loader: ${what} was ${saved ?? 'not set'} and is ${present ?? 'not set'}. ${remedy}, or begin anew without the state.`,
    );
  }
  const position = { epoch, batches, samples, early: [...early] };
  if (plan.has(position)) return position;
  throw new ConfigError(
    'state',
    `The state was changed, or is damaged: ${batches} batches of ${samples} samples are no place in epoch ${epoch}. Begin anew without the state.`,
  );
}

function isState(state: unknown): state is LoaderState {
  if (typeof state !== 'object' || state === null) return false;
  const { version, epoch, batches, samples, early, agreement } = state as Partial<
    Record<keyof LoaderState, unknown>
  >;
  return (
    version === 1 &&
    [epoch, batches, samples].every(isCount) &&
    Array.isArray(early) &&
    early.every(isCount) &&
    typeof agreement === 'object' &&
    agreement !== null
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Makes the position before the first batch of an epoch. */
export function beginningOf(epoch: number): Position {
  return { epoch, batches: 0, samples: 0, early: [] };
}
