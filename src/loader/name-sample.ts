import type { Dataset } from '../core/dataset.ts';

/** Names a sample in messages and lists. */
export function nameSample(dataset: Dataset, index: number): string {
  return dataset.idOf?.(index) ?? dataset.samples?.[index]?.id ?? `#${index}`;
}
