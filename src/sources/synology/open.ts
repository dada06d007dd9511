import type { LineOptions } from '../../core/source-kind.ts';
import type { NasApiOptions } from './options.ts';
import { SynologySource } from './synology-source.ts';

/** Opens a NAS by its web API. */
export function openSynology(
  address: string,
  options: NasApiOptions & LineOptions,
): { readonly source: SynologySource; readonly folder: string | undefined } {
  const { accessMode: _, username = '', password = '', ...own } = options;
  const source = new SynologySource({ ...own, url: address, username, password });
  return { source, folder: source.sourceDir === '' ? undefined : source.sourceDir };
}
