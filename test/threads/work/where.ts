import { isMainThread } from 'node:worker_threads';
import type { WorkResult } from '../../../src/core/dataset.ts';

/** Tells on which thread it runs. */
export async function run(): Promise<WorkResult> {
  await new Promise(setImmediate);
  return { value: isMainThread ? 'here' : 'thread', transfer: [] };
}
