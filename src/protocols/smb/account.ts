import { ConfigError } from '../../core/errors.ts';

/** Account to log in as. */
export interface Account {
  readonly username: string;
  /** Domain or workgroup; empty where the server's own accounts are meant. */
  readonly domain: string;
}

/**
 * Takes `user`, `user@domain` or `DOMAIN\user` apart. With `domain` given, `username` is taken as it is.
 *
 * @throws ConfigError when both say a domain, or there is no user
 */
export function parseAccount(username: string, domain?: string): Account {
  const [, before, after] = /^([^\\]*)\\(.*)$/s.exec(username) ?? [];
  if (before !== undefined && domain !== undefined && before.toLowerCase() !== domain.toLowerCase()) {
    throw new ConfigError(
      'domain',
      `username says the domain "${before}" and domain says "${domain}": give it once.`,
    );
  }
  let account: Account = { username: after ?? username, domain: domain ?? before ?? '' };
  const at = username.lastIndexOf('@');
  if (before === undefined && domain === undefined && at > 0) {
    account = { username: username.slice(0, at), domain: username.slice(at + 1) };
  }
  if (account.username === '') throw new ConfigError('username', 'username names no user.');
  return account;
}
