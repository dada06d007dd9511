import { isVascuError, KINDS, recognizeKind, type SourceKind } from '../../io.ts';
import { UsageError } from '../usage-error.ts';
import { optionsOf } from './source-flags.ts';
import { variableOf } from './variable-name.ts';

/** Secret of a kind of place, as a command line is concerned with it. */
interface Secret {
  /** Flags by which people try to give it. */
  readonly flags: readonly string[];
  /** Ways by which it can be given; empty where only programs can. */
  readonly ways: string;
}

/**
 * Makes the error for arguments with a secret of a kind of place, which people try; the value they gave is not
 * repeated.
 *
 * @returns undefined where there is none
 */
export function refusalOfSecret(
  args: readonly string[],
  kinds: readonly SourceKind[] = KINDS,
): UsageError | undefined {
  const all = kinds.flatMap(secretsOf);
  const given = args
    .map((arg) => /^--[^=]+/.exec(arg)?.[0] ?? '')
    .find((flag) => all.some(({ flags }) => flags.includes(flag)));
  if (given === undefined) return undefined;
  const named = kindsNamed(args, kinds);
  const possible = named.length === 0 ? all : named.flatMap(secretsOf);
  const meant = possible.filter(({ flags }) => flags.includes(given));
  const ways = new Set((meant.length === 0 ? possible : meant).map((secret) => secret.ways));
  ways.delete('');
  const said = ways.size === 0 ? '' : ` Instead, set ${[...ways].join(' or ')}.`;
  const isForPrograms = said === '' && meant.length > 0;
  return new UsageError(
    `There is no option ${given}: arguments can be read by every user of this machine.${isForPrograms ? ' It is for programs alone.' : said}`,
  );
}

/** Lists the secrets of a kind of place. */
function secretsOf(kind: SourceKind): Secret[] {
  return optionsOf(kind).flatMap(({ path, entry }): Secret[] => {
    const { secret, variables = [] } = entry;
    if (secret === undefined) return [];
    const name = path.at(-1) ?? '';
    const variable = variableOf(name);
    const flags = [flagOf(name), ...variables.flatMap(flagsLike)];
    switch (secret) {
      case 'password': {
        const ways = `${variable}, or give --${name}-stdin or --${name}-command; on a terminal you are asked`;
        return [{ flags: name === 'password' ? [...flags, '--passwd'] : flags, ways }];
      }
      case 'code':
        return [{ flags, ways: `${variable}, or wait to be asked on a terminal` }];
      case 'token':
        return [{ flags, ways: [...variables, variable].join(' or ') }];
      case 'program':
        return [{ flags, ways: variables.join(', ').replace(/, (?!.*,)/, ' and ') }];
    }
  });
}

/** Finds the kinds of places that arguments name: by a type, else by an address with a scheme. */
function kindsNamed(args: readonly string[], kinds: readonly SourceKind[]): SourceKind[] {
  const at = args.findIndex((arg) => /^--type(?:=|$)/.test(arg));
  const type = at < 0 ? undefined : (/=(.*)$/.exec(args[at] ?? '')?.[1] ?? args[at + 1]);
  const ofType = kinds.filter(
    ({ name, family }) => type !== undefined && [name, family?.of.name].includes(type),
  );
  if (ofType.length > 0) return ofType;
  const hasScheme = (arg: string): boolean => /^[a-z][\w+.-]+:/i.test(arg);
  // What stands behind an option may be its value.
  const isPlain = (arg: string, index: number): boolean =>
    hasScheme(arg) && args[index - 1]?.startsWith('-') !== true;
  const address = args.find(isPlain) ?? args.find(hasScheme);
  if (address === undefined) return [];
  try {
    return [recognizeKind({ address, type: 'auto', options: {} }, kinds).kind];
  } catch (error) {
    if (isVascuError(error)) return [];
    throw error;
  }
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Lists the flags that a variable would have: `--aws-session-token` and `--session-token`. */
function flagsLike(variable: string): string[] {
  const words = variable.toLowerCase().split('_');
  return [words, words.slice(1)].map((each) => `--${each.join('-')}`);
}
