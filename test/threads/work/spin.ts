import { isMainThread } from 'node:worker_threads';
import type { WorkResult } from '../../../src/core/dataset.ts';

/** Work that keeps its thread busy for `milliseconds` and tells which one that was. */
export function run(milliseconds: unknown): Promise<WorkResult> {
  const end = performance.now() + Number(milliseconds);
  while (performance.now() < end);
  return Promise.resolve({ value: isMainThread ? 'here' : 'thread', transfer: [] });
}
