import { isIP } from 'node:net';
import { shorten } from '../../core/show-value.ts';
import type { AddressGuess, Recognition, SourceKind } from '../../core/source-kind.ts';
import { connectionEntries, NAS_DOWNLOADS } from '../connection-options.ts';
import { NAS, NAS_ENTRIES } from '../nas.ts';
import type { NasApiOptions } from './options.ts';

/** Synology NAS by its web API. A host of which nothing else is known is one. */
export const synology: SourceKind<NasApiOptions, 'synology'> = {
  name: 'synology',
  title: 'a NAS by its web API',
  label: 'NAS',
  address: 'nas://host/share/dir',
  schemes: ['nas'],
  family: { of: NAS, value: 'api' },
  options: {
    username: NAS_ENTRIES.username,
    accessMode: NAS_ENTRIES.accessMode,
    port: {
      ...NAS_ENTRIES.port,
      summary: 'port of the web interface',
      default: '5001; 5000 with `secure: false`',
    },
    secure: {
      summary: 'https',
      value: 'flag',
      default: 'as the scheme says, else `true` but at port 5000',
      flag: '--secure',
      help: 'https (the default but at port 5000)',
      off: 'plain http',
      noun: 'https',
      config: 'anyone',
    },
    password: NAS_ENTRIES.password,
    otp: {
      summary: 'second factor: a code, or a function that asks for it',
      value: 'text',
      secret: 'code',
    },
    deviceIdFile: {
      summary: 'file (mode 600) that spares asking for a code at the next start',
      value: 'file',
    },
    deviceId: {
      summary: 'device id that an earlier sign-in with `otp` gave: no code is asked for',
      value: 'text',
    },
    onDeviceId: { summary: 'function that gets the device id of a sign-in with `otp`', value: 'object' },
    verify: {
      summary: "`'md5'`: comparison of what arrives with the MD5 that the NAS computes of each file",
      value: ['md5'],
      default: 'off; size and time are always checked',
    },
    ...connectionEntries(NAS_DOWNLOADS),
    onWarning: {
      summary: 'function that gets what a user should know',
      value: 'object',
      default: '`process.emitWarning`',
    },
  },
  recognize,
  open: async (address, options) => (await import('./open.ts')).openSynology(address, options),
};

function recognize({ address, given }: AddressGuess<NasApiOptions>): Recognition | undefined {
  const unknown = `no folder is called "${shorten(address, 300)}"`;
  if (given.username !== undefined || given.accessMode !== undefined) {
    return {
      why: `${unknown}, and a user name or access mode is given, as for a NAS`,
      certainty: 'likely',
    };
  }
  const host = address.replace(/^\[|\](?=:|$)/g, '').replace(/^([\d.]+):\d+$/, '$1');
  return isIP(host) === 0
    ? undefined
    : { why: `${unknown}, and it is the address of a host, as of a NAS`, certainty: 'likely' };
}
