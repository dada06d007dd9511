import type { LineOptions } from '../../core/source-kind.ts';
import { HuggingFaceSource } from './hugging-face-source.ts';
import type { HubOptions } from './source-options.ts';

/** Opens a dataset of the Hub. */
export function openHub(
  address: string,
  options: HubOptions & LineOptions,
): { readonly source: HuggingFaceSource; readonly folder: string | undefined } {
  const { signal: _, ...own } = options;
  const source = new HuggingFaceSource({ ...own, repoId: address });
  return { source, folder: source.place.path };
}
