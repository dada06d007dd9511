import { statSync } from 'node:fs';
import { shorten } from '../../core/show-value.ts';
import type { AddressGuess, Recognition, SourceKind } from '../../core/source-kind.ts';
import type { FolderOptions } from './options.ts';

/** Folders of this machine. What nothing else says anything of is one. */
export const local: SourceKind<FolderOptions, 'local'> = {
  name: 'local',
  title: 'a folder of this machine',
  label: 'folder',
  address: 'a folder',
  form: 'a folder of this machine',
  schemes: ['file'],
  options: {
    copyToCache: {
      summary: 'copies of the files in the cache, which are read there: for a slow mount',
      value: 'flag',
      default: '`false`',
    },
  },
  recognize,
  open: async (address, options) => (await import('./open.ts')).openFolder(address, options),
};

function recognize({ address, hasSlashes, isKnownScheme }: AddressGuess<FolderOptions>): Recognition {
  const quoted = `"${shorten(address, 300)}"`;
  return !hasSlashes && !isKnownScheme && isFolder(address)
    ? { why: `${quoted} is a folder of this machine`, certainty: 'sure' }
    : { why: `${quoted} has the form of a folder's name`, certainty: 'fallback' };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
