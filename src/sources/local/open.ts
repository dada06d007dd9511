import { statSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { archivesOnPath } from '../../core/archive-name.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import { LocalSource } from './local-source.ts';
import type { FolderOptions } from './options.ts';

/** Opens a folder of this machine, or of an archive the folder that it lies in. */
export function openFolder(
  address: string,
  { copyToCache }: FolderOptions & LineOptions,
): { readonly source: LocalSource; readonly folder?: string | undefined } {
  const archive = archiveOf(address);
  if (archive === undefined) return { source: new LocalSource({ sourceUrl: address, copyToCache }) };
  const { parent, folder } = archive;
  return { source: new LocalSource({ sourceUrl: parent, copyToCache }), folder };
}

/** Finds the folder of the first archive that an address leads through, and the path from there. */
function archiveOf(address: string): { readonly parent: string; readonly folder: string } | undefined {
  const path = toPath(address);
  const archive = archivesOnPath(path).find(isFile);
  if (archive === undefined) return undefined;
  const at = archive.lastIndexOf('/') + 1;
  const parent = archive.slice(0, at);
  return {
    parent: parent === '' ? '.' : /^file:/i.test(address) ? pathToFileURL(parent).href : parent,
    folder: path.slice(at).replace(/\/+$/, ''),
  };
}

function toPath(address: string): string {
  const given = process.platform === 'win32' ? address.replaceAll('\\', '/') : address;
  if (!/^file:/i.test(address)) return given;
  try {
    return fileURLToPath(address);
  } catch {
    return '';
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
