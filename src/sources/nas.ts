import type { OptionEntry } from '../core/option-table.ts';
import type { KindFamily } from '../core/source-kind.ts';

/** Options that both ways to a NAS have. */
export interface NasOptions {
  /** Synology's web API, or SMB, which any NAS speaks. @defaultValue `'smb'` for addresses of SMB, else `'api'` */
  readonly accessMode?: 'api' | 'smb' | undefined;
  /** With SMB also `user@domain` and `DOMAIN\user`. */
  readonly username?: string | undefined;
  /** Or a function that says it when it is needed. */
  readonly password?: string | (() => string | Promise<string>) | undefined;
}

/** Ways to a NAS, told apart by `accessMode`. */
export const NAS: KindFamily = { name: 'nas', title: 'a NAS', label: 'NAS', option: 'accessMode' };

/** Entries of what both ways have; the port is summed up by each. */
interface NasEntries {
  readonly username: OptionEntry;
  readonly accessMode: OptionEntry;
  readonly password: OptionEntry;
  readonly port: Omit<OptionEntry, 'summary'>;
}

/** Table's entries of what both ways have. */
export const NAS_ENTRIES: NasEntries = {
  username: {
    summary: 'name of the account',
    value: 'text',
    default: 'needed',
    flag: '--user <name>',
    help: 'account; the password comes from elsewhere, see below',
    noun: 'the account',
    config: 'anyone',
    required: 'an account',
  },
  accessMode: {
    summary: "Synology's web API, or SMB",
    value: ['api', 'smb'],
    default: "`'smb'` for addresses of SMB, else `'api'`",
    flag: '--access-mode <mode>',
    noun: 'the way to the NAS',
    config: 'anyone',
  },
  port: { value: 'port', flag: '--port <n>', help: 'port', noun: 'the port', config: 'anyone' },
  password: {
    summary: 'password of the account, or a function that is called when it is needed',
    value: 'text',
    default: 'needed',
    noun: 'the password',
    secret: 'password',
  },
};
