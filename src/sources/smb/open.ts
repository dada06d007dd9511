import type { LineOptions } from '../../core/source-kind.ts';
import { parseSmbUrl } from './address.ts';
import type { SmbOptions } from './options.ts';
import { SmbSource } from './smb-source.ts';
import { toSmbUrl } from './unc-address.ts';

/** Opens a server that shares files by SMB. */
export function openSmb(
  address: string,
  options: SmbOptions & LineOptions,
): { readonly source: SmbSource; readonly folder: string | undefined } {
  const { accessMode: _, ...own } = options;
  const { host, port, folder } = parseSmbUrl(toSmbUrl(address) ?? address, options.port);
  const source = new SmbSource({ ...own, host, port });
  return { source, folder: folder === '' ? undefined : folder };
}
