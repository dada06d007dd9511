import type { OptionEntry, SourceKind } from '../../io.ts';
import type { Situation } from './situation.ts';
import { flagName, optionsOf } from './source-flags.ts';
import { variableOf } from './variable-name.ts';

/** A piece of a message that speaks of the library, and what it is for the command line. */
export interface Wording {
  readonly said: RegExp;
  /** What it is called where the command has all options that this names. */
  readonly here: string | ((situation: Situation) => string);
  /** What it is called where the command has not. @defaultValue nothing: the piece is left out */
  readonly otherwise?: string | undefined;
}

/** What an option is called: with the command that has its flag, and with others. */
interface Words {
  readonly here: string;
  readonly otherwise: string;
}

const MADE = new WeakMap<readonly SourceKind[], readonly Wording[]>();

/** Wordings for the options of a list of kinds, made once. */
export function optionWordings(kinds: readonly SourceKind[]): readonly Wording[] {
  const wordings = MADE.get(kinds) ?? makeWordings(kinds);
  MADE.set(kinds, wordings);
  return wordings;
}

/** Wordings for the ways in which messages name options of kinds of places: in quotation marks, with a value, in objects. */
function makeWordings(kinds: readonly SourceKind[]): readonly Wording[] {
  // What can be said on the command line goes before an option of that name of a kind where it cannot.
  const options = kinds.flatMap(optionsOf).toSorted((a, b) => rankOf(a.entry) - rankOf(b.entry));
  const wordings = options.flatMap(({ path, entry }) =>
    path.length === 1 ? ofOption(path[0] ?? '', entry) : ofField(path[0] ?? '', path[1] ?? '', entry),
  );
  // Kinds share options, whose words are those of the first.
  return [...new Map(wordings.map((wording) => [wording.said.source, wording])).values()];
}

function rankOf({ flag, secret }: OptionEntry): number {
  return flag !== undefined || isFound(secret) ? 0 : 1;
}

/** Whether the command line finds a secret somewhere. */
function isFound(secret: OptionEntry['secret']): boolean {
  return secret !== undefined && secret !== 'program';
}

function ofOption(name: string, entry: OptionEntry): Wording[] {
  if (isFound(entry.secret)) {
    // Also where it is given with what stands in brackets or behind it.
    const variable = variableOf(name);
    return [{ said: pattern(`\\b(?:as )?the option "${name}"`), here: variable, otherwise: variable }];
  }
  const words = wordsFor(entry.flag, nounOf(name, entry));
  const capital = { here: capitalized(words.here), otherwise: capitalized(words.otherwise) };
  const isLoose = entry.flag !== undefined;
  return [
    { said: pattern(`\\bThe option "?${name}\\b"?`), ...capital },
    { said: pattern(`\\bthe option "?${name}\\b"?`), ...words },
    ...(isLoose && entry.value === 'flag' ? ofSwitch(name, entry) : []),
    ...(isLoose ? [{ said: pattern(`^${name}\\b(?= (?:is|names|says)\\b)`), ...capital }] : []),
    ...(isLoose
      ? [
          {
            said: pattern(`(?<=\\band )${name} says\\b`),
            here: `${words.here} says`,
            otherwise: `${words.otherwise} is`,
          },
        ]
      : []),
    // A word with a capital inside is nothing else.
    ...(isLoose && /[A-Z]/.test(name) ? [{ said: pattern(`\\b${name}\\b`), ...words }] : []),
  ];
}

function ofSwitch(name: string, entry: OptionEntry): Wording[] {
  const off = entry.off === undefined ? undefined : entry.flag?.replace('--', '--no-');
  return [
    { said: pattern(`\\b${name}: true\\b`), ...wordsFor(entry.flag, nounOf(name, entry)) },
    ...(off === undefined
      ? []
      : [{ said: pattern(`\\b${name}: false\\b`), ...wordsFor(off, entry.off ?? '') }]),
  ];
}

function ofField(name: string, field: string, entry: OptionEntry): Wording[] {
  const noun = nounOf(field, entry);
  const own = noun.replace(/^the /, 'its ');
  const [long = '', takes = ''] = entry.flag?.split(' ') ?? [];
  const value = takes.replaceAll(/[<>]/g, '').toUpperCase();
  return [
    { said: pattern(`${name}: \\{ ${field}: '?([^' }]+)'? \\}`), here: `${long} $1`, otherwise: own },
    { said: pattern(`${name}: \\{ ${field} \\}`), here: `${long} ${value}`.trim(), otherwise: own },
    { said: pattern(`\\b${name}\\.${field}\\b`), here: long === '' ? noun : long, otherwise: noun },
  ];
}

/** Without a noun of its own an option is called by the variable that sets it, where one does. */
function nounOf(name: string, { noun, flag }: OptionEntry): string {
  return noun ?? (flag === undefined ? `the ${name}` : variableOf(flagName(flag)));
}

function wordsFor(flag: string | undefined, noun: string): Words {
  return { here: flag?.split(' ')[0] ?? noun, otherwise: noun };
}

function pattern(text: string): RegExp {
  return new RegExp(text, 'g');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
