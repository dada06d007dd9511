import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';

/** One word of a filter expression. */
export interface Token {
  readonly kind: 'number' | 'string' | 'name' | 'operator' | 'end';
  /** Text of the word: of a string or a name what it stands for, without its quotes; else as it is written. */
  readonly text: string;
  /** Index of its first character. */
  readonly at: number;
  /** True when a name stands in backticks: then it is never a word of the language. */
  readonly quoted: boolean;
}

/** Longest expression, characters: what is made of it is walked recursively. */
const MAX_EXPRESSION_CHARACTERS = 8_000;

const WORD =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\p{L}\w])|(?<name>[\p{L}_$][\p{L}\p{N}_$]*)|`(?<quoted>[^`]+)`|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<operator>&&|\|\||[=!<>]=|[-+*/%<>!=&|()[\],.])|$)/suy;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/** Splits an expression into its words, an `end` last. @throws ConfigError (option `filter`) showing the place */
export function tokenize(text: string): Token[] {
  if (typeof text !== 'string')
    throw new ConfigError(
      'filter',
      `A filter is a text, not ${showValue(text)}: give a function as filterFn.`,
    );
  if (text.length > MAX_EXPRESSION_CHARACTERS) {
    throw new ConfigError(
      'filter',
      `The filter has ${text.length} characters, the most are ${MAX_EXPRESSION_CHARACTERS}: use a function (filterFn).`,
    );
  }
  const tokens: Token[] = [];
  for (let at = 0; ; ) {
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null) throw wrongAt(text, firstWord(text, at), describeUnknown(text, firstWord(text, at)));
    const { number, name, quoted, string, operator } = match.groups ?? {};
    const written = number ?? name ?? string ?? operator ?? '';
    at = WORD.lastIndex;
    if (quoted !== undefined) {
      tokens.push({ kind: 'name', text: quoted, at: at - quoted.length - 2, quoted: true });
      continue;
    }
    const token = { text: written, at: at - written.length, quoted: false };
    if (number !== undefined) tokens.push({ ...token, kind: 'number' });
    else if (name !== undefined) tokens.push({ ...token, kind: 'name' });
    else if (string !== undefined) tokens.push({ ...token, kind: 'string', text: unescape(string) });
    else if (operator !== undefined) tokens.push({ ...token, kind: 'operator' });
    else return [...tokens, { kind: 'end', text: '', at: text.trimEnd().length, quoted: false }];
  }
}

/** Error of an expression that cannot be read, which knows the place. */
class UnreadableFilter extends ConfigError {
  /** Index of the character that it is about. */
  readonly at: number;

  constructor(message: string, at: number) {
    super('filter', message);
    this.at = at;
  }
}

/** Makes an error that shows the place in the expression. */
export function wrongAt(text: string, at: number, problem: string): ConfigError {
  // One line, of which at most some 60 characters around the place are shown; tabs would move the mark.
  const line = text.replaceAll(/\s/g, ' ');
  const from = Math.max(0, at - 40);
  const shown = `${from > 0 ? '…' : ''}${line.slice(from, at + 30)}${line.length > at + 30 ? '…' : ''}`;
  const column = at - from + (from > 0 ? 1 : 0);
  return new UnreadableFilter(
    `The filter cannot be read: ${problem}.\n  ${shown}\n  ${' '.repeat(column)}^`,
    at,
  );
}

function firstWord(text: string, at: number): number {
  return at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
}

function describeUnknown(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (character === '"' || character === "'" || character === '`') {
    return `the text that begins with ${character} has no end`;
  }
  if (/[\d.]/.test(character)) return 'a number must not run into a name';
  return `${character} has no meaning here`;
}

function unescape(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(/\\(.)/gs, (_, character: string) => ESCAPES.get(character) ?? character);
}
