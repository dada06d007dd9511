import type { Dataset } from '../../src/core/dataset.ts';

/** Has samples decoded by threads from the first one on, however long these take to start. */
export function byThreads<Kind extends Dataset>(dataset: Kind): Kind {
  return Object.defineProperty(dataset, 'worksAnywhere', { value: false });
}
