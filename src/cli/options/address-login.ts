import { existsSync } from 'node:fs';
import type { SourceKind } from '../../io.ts';
import { UsageError } from '../usage-error.ts';
import { optionsOf } from './source-flags.ts';

/** Login that an address holds. */
interface FoundLogin {
  readonly scheme: string;
  readonly isSecret: boolean;
}

/** A login before the host of an address: of a URL, of a path of Windows, or alone as for ssh. */
const LOGIN = /^(?:([a-z][\w+.-]+):)?([\\/]*)([^\\/?#]*)@/i;

/** A password that has a slash, "?" or "#" in it: what follows the colon is no port. */
const ODD_PASSWORD = /^(?:([a-z][\w+.-]+):)?[\\/]{2,}[^\\/?#@:[]+:(?!\d*(?:[\\/?#]|$))[^@]*@/i;

/** @throws UsageError for an address with a user or password, which it does not repeat */
export function refuseCredentials(
  source: string,
  type: string | undefined,
  kinds: readonly SourceKind[],
): void {
  const found = findLogin(source, kinds);
  if (found === undefined) return;
  const { isSecret } = found;
  const problem = isSecret
    ? 'The address of the source holds a password, which ends up in histories and logs'
    : 'The address of the source holds a user name';
  throw new UsageError(
    `${problem}: ${howToSignIn(found, type, kinds)}${isSecret ? ' If it is a password in use, change it.' : ''}`,
  );
}

/** Finds the login that an address holds; undefined where it holds none. */
function findLogin(source: string, kinds: readonly SourceKind[]): FoundLogin | undefined {
  if (!/^[a-z][\w+.-]+:[\\/]{2}/i.test(source) && existsSync(source)) return undefined;
  const odd = ODD_PASSWORD.exec(source);
  if (odd !== null) return { scheme: odd[1] ?? '', isSecret: true };
  const [, scheme = '', slashes = '', login] = LOGIN.exec(source) ?? [];
  if (login === undefined) return undefined;
  // Schemes that are written without slashes as well; a folder has no login.
  const isOwn = kinds.some(({ name, schemes }) => name !== 'local' && schemes.includes(scheme.toLowerCase()));
  if (slashes.length >= 2 || isOwn) return { scheme, isSecret: login.includes(':') };
  // Without slashes what looks like a scheme is the user.
  return slashes === '' && (scheme !== '' || login.includes(':'))
    ? { scheme: '', isSecret: true }
    : undefined;
}

/** Tells how to sign in to the kind of place that an address names. */
function howToSignIn(
  { scheme, isSecret }: FoundLogin,
  type: string | undefined,
  kinds: readonly SourceKind[],
): string {
  const part = isSecret ? '"user:password@"' : '"user@"';
  const isOf = (kind: SourceKind): boolean =>
    type === undefined || type === 'auto'
      ? kind.schemes.includes(scheme.toLowerCase())
      : kind.name === type || kind.family?.of.name === type;
  // Of an address that says nothing, a kind with accounts is meant.
  const hasAccount = (kind: SourceKind): boolean =>
    optionsOf(kind).some(({ entry }) => entry.secret === 'password');
  const kind = kinds.find(isOf) ?? kinds.find(hasAccount);
  const token = kind && optionsOf(kind).find(({ entry }) => entry.secret === 'token')?.entry;
  if (token !== undefined)
    return `leave ${part} out and set ${token.variables?.[0] ?? 'VASCUSIM_TOKEN'} to a token.`;
  const variables = kind && optionsOf(kind).find(({ entry }) => entry.secret === 'program')?.entry.variables;
  if (variables !== undefined)
    return `leave ${part} out: the keys of ${kind?.title} come from the variables ${variables.join(', ')}, or from its own files.`;
  if (kind !== undefined && !hasAccount(kind)) {
    const other = kinds.find(hasAccount);
    const title = other?.family?.of.title ?? other?.title;
    const name = other?.family?.of.name ?? other?.name;
    const instead =
      other === undefined ? '' : ` (to ${title}: add --type ${name}, with the password in VASCUSIM_PASSWORD)`;
    return `leave ${part} out. The command line cannot sign in to ${kind.title}${instead}.`;
  }
  const account = kind && optionsOf(kind).find(({ entry }) => entry.required !== undefined)?.entry;
  const flag = account?.flag?.split(' ')[0] ?? '--user';
  const password = ' and the variable VASCUSIM_PASSWORD, --password-command or --password-stdin';
  return `leave ${part} out${isSecret ? ',' : ' and'} give ${flag}${isSecret ? password : ''}.`;
}
