import { ConfigError } from './errors.ts';
import { showValue } from './show-value.ts';

/** Signs of a pattern that stand for something; anything else stands for itself. */
const TOKEN = /\*\*\/|\*+|\?|\[(?:!|\^)?\]?[^\]]*\]|\{[^{}]*\}|\\.|[^]/gu;

/**
 * Makes a test of paths against a pattern:
 *
 * - `*` any characters but `/`, `?` one character but `/`;
 * - `**` as a whole folder name: any folders, also none; `**` at the end: everything below;
 * - `[abc]`, `[a-z]`, `[!abc]` one of these characters, or none of them;
 * - `{a,b}` either text (not nested; may hold the other signs);
 * - `\` before a sign: the sign itself.
 *
 * A pattern without `/` is tested against the base name at any depth, else against the whole path. Case
 * matters. A leading `./` or `/` of the pattern is passed over.
 *
 * @throws ConfigError (option `pattern`) when the pattern makes no sense, such as `[z-a]`
 *
 * @example
 * compileGlob('*.vtu')('cases/a.vtu'); // true
 */
export function compileGlob(pattern: string): (path: string) => boolean {
  if (typeof pattern !== 'string')
    throw new ConfigError('pattern', `A pattern must be a text, not ${showValue(pattern)}.`);
  const source = pattern.replace(/^\.?\//, '');
  const whole = pattern.includes('/');
  const expression = compile(pattern, translate(source));
  return (path) => expression.test(whole ? path : path.slice(path.lastIndexOf('/') + 1));
}

function compile(pattern: string, source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'su');
  } catch (cause) {
    throw new ConfigError('pattern', `The pattern ${showValue(pattern)} cannot be used.`, { cause });
  }
}

function translate(pattern: string): string {
  let expression = '';
  for (const [token] of pattern.matchAll(TOKEN)) {
    const inner = token.slice(1, -1);
    if (token === '**/') expression += '(?:[^/]+/)*';
    else if (token.startsWith('**')) expression += '.*';
    else if (token === '*') expression += '[^/]*';
    else if (token === '?') expression += '[^/]';
    else if (token.length > 2 && token.startsWith('[')) expression += `(?!/)${characterClass(inner)}`;
    else if (token.length > 1 && token.startsWith('{'))
      expression += `(?:${inner.split(',').map(translate).join('|')})`;
    else expression += literal(token.startsWith('\\') && token.length > 1 ? token.slice(1) : token);
  }
  return expression;
}

function characterClass(inner: string): string {
  const negated = inner.startsWith('!') || inner.startsWith('^');
  return `[${negated ? '^' : ''}${(negated ? inner.slice(1) : inner).replace(/[\\\]^[]/g, '\\$&')}]`;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
