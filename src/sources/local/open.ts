import type { LineOptions } from '../../core/source-kind.ts';
import { LocalSource } from './local-source.ts';
import type { FolderOptions } from './options.ts';

/** Opens a folder of this machine. */
export function openFolder(
  address: string,
  { copyToCache }: FolderOptions & LineOptions,
): { readonly source: LocalSource } {
  return { source: new LocalSource({ sourceUrl: address, copyToCache }) };
}
