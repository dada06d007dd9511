import { KINDS, type SourceKind } from '../../io.ts';
import { UsageError } from '../usage-error.ts';
import { optionsOf } from './source-flags.ts';
import { variableOf } from './variable-name.ts';

/**
 * Error for arguments with a secret of a kind of place, which people try; the value they gave is not repeated.
 *
 * @returns undefined where there is none
 */
export function refusalOfSecret(
  args: readonly string[],
  kinds: readonly SourceKind[] = KINDS,
): UsageError | undefined {
  const secrets = new Map<string, string[]>();
  for (const kind of kinds) {
    for (const { path, entry } of optionsOf(kind)) {
      const name = path.at(-1) ?? '';
      const variable = variableOf(name);
      const known = secrets.get(flagOf(name)) ?? [];
      const variables = entry.secret === 'token' ? [...(entry.variables ?? []), variable] : [];
      if (entry.secret !== undefined) secrets.set(flagOf(name), [...known, ...variables]);
      if (entry.secret === 'password')
        secrets.set(flagOf(name), [
          `${variable}, or give --${name}-stdin or --${name}-command; on a terminal you are asked`,
        ]);
      if (entry.secret === 'code')
        secrets.set(flagOf(name), [`${variable}, or wait to be asked on a terminal`]);
    }
  }
  const password = secrets.get('--password');
  if (password !== undefined) secrets.set('--passwd', password);
  const given = args.map((arg) => /^--[^=]+/.exec(arg)?.[0] ?? '').find((flag) => secrets.has(flag));
  if (given === undefined) return undefined;
  const ways = [...new Set(secrets.get(given))].join(' or ');
  const instead = ways === '' ? 'It is for programs alone' : `Instead, set ${ways}`;
  return new UsageError(
    `There is no option ${given}: arguments can be read by every user of this machine. ${instead}.`,
  );
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
