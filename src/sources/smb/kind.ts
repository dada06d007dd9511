import { shorten } from '../../core/show-value.ts';
import type { AddressGuess, Recognition, SourceKind } from '../../core/source-kind.ts';
import { NAS, NAS_ENTRIES } from '../nas.ts';
import type { SmbOptions } from './options.ts';
import { isUncPath } from './unc-address.ts';

/** Servers that share files by SMB. */
export const smb: SourceKind<SmbOptions, 'smb'> = {
  name: 'smb',
  title: 'a NAS by SMB',
  label: 'NAS by SMB',
  address: 'smb://host/share/dir',
  form: 'a path of Windows as "\\\\host\\share"',
  schemes: ['cifs', 'smb'],
  family: { of: NAS, value: 'smb' },
  options: {
    username: {
      ...NAS_ENTRIES.username,
      summary: 'name of the account, also `user@domain` and `DOMAIN\\user`',
      default: 'needed, unless `guest`',
    },
    accessMode: NAS_ENTRIES.accessMode,
    port: { ...NAS_ENTRIES.port, summary: 'port of SMB', default: '445' },
    password: { ...NAS_ENTRIES.password, default: 'needed, unless `guest`' },
    domain: {
      summary: 'domain or workgroup of the account',
      value: 'text',
      default: 'that of `username`',
      flag: '--domain <name>',
      noun: 'the domain',
      config: 'anyone',
    },
    guest: {
      summary: 'session without an account, which is not protected',
      value: 'flag',
      default: '`false`',
      flag: '--guest',
      help: 'without an account',
      noun: 'a guest',
      config: 'anyone',
      // Also where the environment or the settings name an account.
      replaces: ['username', 'password'],
    },
    requireEncryption: {
      summary: 'refusal of a server that cannot encrypt (SMB 3)',
      value: 'flag',
      default: '`false`: encrypted where the server demands it',
    },
    signing: {
      summary: "`'always'`: nobody on the way can change a message; `'if-required'` spares slow servers work",
      value: ['always', 'if-required'],
      default: "`'always'`",
    },
  },
  recognize,
  open: async (address, options) => (await import('./open.ts')).openSmb(address, options),
};

function recognize({ address }: AddressGuess<SmbOptions>): Recognition | undefined {
  if (!isUncPath(address)) return undefined;
  const why = `no folder is called "${shorten(address, 300)}", and it is a path of Windows, as of SMB`;
  return { why, certainty: 'sure' };
}
