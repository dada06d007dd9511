import { type Statistics, StreamingVascuDataset, VascuDataset } from '../data.ts';
import type { Dataset } from '../loader.ts';
import { graphSafetensorsParts } from '../mesh.ts';
import { takePage } from './client-filter.ts';
import type { Message } from './frame.ts';
import type { Context, Operations } from './operation.ts';
import { numberOf, numbersOf, recordOf } from './request.ts';
import { reviveOptions } from './revive-options.ts';
import { SampleSubset } from './sample-subset.ts';

/** Samples of an order that are fetched at a time. */
const EXPECTED_CONCURRENCY = 4;

/** Samples that a client has said it is going to ask for, being fetched. */
class ExpectedOrder {
  readonly #prefetch: { close(): void };

  constructor(prefetch: { close(): void }) {
    this.#prefetch = prefetch;
  }

  close(): void {
    this.#prefetch.close();
  }
}

/** Finds the dataset under a handle: a whole one, or samples of it. */
export function datasetOf(
  request: Readonly<Record<string, unknown>>,
  { handles }: Context,
): VascuDataset | SampleSubset {
  return handles.get<VascuDataset | SampleSubset>(numberOf(request, 'of'), VascuDataset, SampleSubset);
}

function wholeOf(dataset: VascuDataset | SampleSubset): VascuDataset {
  return (dataset instanceof SampleSubset ? dataset.whole : dataset) as VascuDataset;
}

/** Does something with the samples under a handle as with a dataset of the library. */
async function withSamples<Result>(
  request: Message,
  context: Context,
  action: (dataset: VascuDataset, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { signal } = context.call;
  const dataset = datasetOf(request, context);
  if (!(dataset instanceof SampleSubset)) return action(dataset, signal);
  const subset = wholeOf(dataset).subset(dataset.indices);
  try {
    return await action(subset, signal);
  } finally {
    await subset.close();
  }
}

/** Finds the places of the samples of a split among those that were split. */
function placesIn(split: VascuDataset, places: ReadonlyMap<string, number>): number[] {
  return Array.from({ length: split.length }, (_, index) => places.get(split.idOf(index)) as number);
}

async function openDataset(
  isStreaming: boolean,
  options: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<VascuDataset> {
  // Of the dataset's whole life; only as long as it opens does the request end it.
  const lifetime = new AbortController();
  const abort = (): void => lifetime.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const given = { ...options, signal: lifetime.signal };
    const dataset = isStreaming ? await StreamingVascuDataset.open(given) : await VascuDataset.open(given);
    if (signal.aborted) await dataset.close();
    signal.throwIfAborted();
    return dataset;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

export const datasetOperations: Operations = {
  async dataset(request, context) {
    const options = reviveOptions(recordOf(request, 'options'), context);
    const dataset = await openDataset(request['streaming'] === true, options, context.call.signal);
    const { length, place, folder } = dataset;
    return { value: { handle: context.client.keep(dataset), length, place, folder } };
  },

  samples(request, context) {
    const { samples } = wholeOf(datasetOf(request, context));
    return { value: takePage(samples, numberOf(request, 'first')) };
  },

  subset(request, context) {
    const whole: Dataset = wholeOf(datasetOf(request, context));
    const subset = new SampleSubset(whole, numbersOf(request, 'indices'));
    return { value: { handle: context.client.keep(subset), length: subset.length } };
  },

  with(request, context) {
    const { standardize, ...others } = recordOf(request, 'options');
    const options = { ...others, standardize: (standardize as Statistics | null) ?? undefined };
    const dataset = wholeOf(datasetOf(request, context)).with(options);
    return { value: { handle: context.client.keep(dataset), length: dataset.length } };
  },

  async split(request, context) {
    const options = reviveOptions(recordOf(request, 'options'), context);
    const splits = recordOf(request, 'splits') as Readonly<Record<string, number>>;
    const value = await withSamples(request, context, async (dataset, signal) => {
      const parts = await dataset.split(splits, { ...options, signal });
      const places = new Map(
        Array.from({ length: dataset.length }, (_, index) => [dataset.idOf(index), index]),
      );
      const entries = Object.entries(parts).map(([name, part]) => [name, placesIn(part, places)]);
      for (const part of Object.values(parts)) await part.close();
      return Object.fromEntries(entries) as unknown;
    });
    return { value };
  },

  async measure(request, context) {
    const options = reviveOptions(recordOf(request, 'options'), context);
    const value = await withSamples(request, context, (dataset, signal) =>
      dataset.measure({ ...options, signal }),
    );
    return { value };
  },

  async get(request, context) {
    const dataset = datasetOf(request, context);
    const graph = await dataset.get(numberOf(request, 'index'), { signal: context.call.signal });
    return { payload: [...graphSafetensorsParts(graph)] };
  },

  leftOut(request, context) {
    const { leftOut, leftOutArrays } = wholeOf(datasetOf(request, context));
    return { value: { leftOut, leftOutArrays } };
  },

  datasetStats(request, context) {
    return { value: wholeOf(datasetOf(request, context)).stats() };
  },

  expect(request, context) {
    const dataset = datasetOf(request, context);
    const order = numbersOf(request, 'order');
    const prefetch = (dataset as Dataset).prefetch?.({ order, concurrency: EXPECTED_CONCURRENCY });
    return { value: prefetch === undefined ? null : context.client.keep(new ExpectedOrder(prefetch)) };
  },
};
