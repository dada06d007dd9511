import { ConfigError } from './errors.ts';
import { shorten } from './show-value.ts';
import { isCapture, type TemplateToken, TokenMatcher } from './template-matcher.ts';

/** Values that a path gives to the names of a template. */
export type Captures = Readonly<Record<string, string | number>>;

/** Texts of the captures of a template in a path, in the order of {@link PathTemplate.names}. */
type CaptureTexts = readonly string[];

/** Signs of a template: an escaped sign, a capture or other braces, folders, stars, a question mark, anything else. */
const TOKEN = /\\[^]|\{[^{}]*\}|[{}]|\*\*\/|\*+|\?|[^\\{}*?]+|\\/gu;

const CAPTURE = /^\{([\p{L}_][\p{L}\p{N}_-]*)(:number)?\}$/u;

const EXAMPLE = '{name} or {name:number}';

/**
 * Template of paths, which says what they mean: `{case}/m={flow:number}/internal.vtu`. It is for the whole path.
 *
 * - `{name}` captures at least one character and no `/`, `{name:number}` a decimal with sign and exponent; a capture takes the
 *   shortest text that lets the rest match, and a name that is there twice must have the same text;
 * - `*`, `**`, `?` as in globs;
 * - `\` makes the next sign literal.
 *
 * The number of steps to match is linear in the path, whatever the path is.
 */
export class PathTemplate {
  /** Template as it was given. */
  readonly text: string;
  /** Names of the captures in their order, each once. */
  readonly names: readonly string[];
  /** Text that all paths end in which match. */
  readonly suffix: string;
  /** @internal */
  readonly tokens: readonly TemplateToken[];
  readonly #numeric: ReadonlySet<string>;
  readonly #prefix: string;
  readonly #simple: RegExp | undefined;
  readonly #matcher: TokenMatcher;
  /** Place in {@link PathTemplate.names} of each capture of the template. */
  readonly #places: readonly number[];

  private constructor(text: string, tokens: readonly TemplateToken[]) {
    const captures = tokens.filter(isCapture);
    this.text = text;
    this.tokens = tokens;
    this.names = [...new Set(captures.map(({ name }) => name))];
    this.#numeric = new Set(captures.filter(({ kind }) => kind === 'number').map(({ name }) => name));
    this.#places = captures.map(({ name }) => this.names.indexOf(name));
    const [first, last] = [tokens[0], tokens.at(-1)];
    this.#prefix = first?.kind === 'literal' ? first.text : '';
    this.suffix = last?.kind === 'literal' ? last.text : '';
    this.#simple = toExpression(tokens);
    this.#matcher = new TokenMatcher(tokens);
  }

  /**
   * Reads a template.
   *
   * @param option - that gave it, as errors name it
   * @throws ConfigError where braces are no capture
   */
  static parse(text: string, option: string): PathTemplate {
    return new PathTemplate(text, parseTokens(text, option));
  }

  /** Matches a path. @returns the texts of the captures in the order of `names`; undefined where it does not match */
  match(path: string): CaptureTexts | undefined {
    if (!path.endsWith(this.suffix) || !path.startsWith(this.#prefix)) return undefined;
    if (this.#simple === undefined) return this.#matcher.match(path);
    const found = this.#simple.exec(path);
    return found === null ? undefined : this.#textsOf(found);
  }

  /** Gives the values of captures: numbers where the template says so. */
  valuesOf(texts: CaptureTexts): Captures {
    return Object.fromEntries(
      this.names.map((name, at) => {
        const text = texts[at] as string;
        return [name, this.#numeric.has(name) ? Number(text) : text];
      }),
    );
  }

  /** Takes the texts out of a match whose groups are the captures; undefined where a name has two texts. */
  #textsOf(found: RegExpExecArray): CaptureTexts | undefined {
    if (this.#places.length === 1 && this.#numeric.size === 0) return [found[1] as string];
    const texts: string[] = [];
    for (const [group, place] of this.#places.entries()) {
      const text = found[group + 1] as string;
      if (place === texts.length) {
        if (this.#numeric.has(this.names[place] as string) && !Number.isFinite(Number(text)))
          return undefined;
        texts.push(text);
      } else if (texts[place] !== text) return undefined;
    }
    return texts;
  }
}

function parseTokens(text: string, option: string): TemplateToken[] {
  const tokens: TemplateToken[] = [];
  const source = text.replace(/^\.?\//, '');
  for (const [sign] of source.matchAll(TOKEN)) {
    const [, name, isNumber] = CAPTURE.exec(sign) ?? [];
    if (name !== undefined) tokens.push({ kind: isNumber === undefined ? 'text' : 'number', name });
    else if (/^[{}]/.test(sign)) throw noCapture(text, sign, option);
    else if (sign === '**/') tokens.push({ kind: 'folders' });
    else if (sign.startsWith('**')) tokens.push({ kind: 'anything' });
    else if (sign === '*') tokens.push({ kind: 'star' });
    else if (sign === '?') tokens.push({ kind: 'one' });
    else pushLiteral(tokens, sign.length > 1 && sign.startsWith('\\') ? sign.slice(1) : sign);
  }
  return tokens;
}

function pushLiteral(tokens: TemplateToken[], text: string): void {
  const last = tokens.at(-1);
  if (last?.kind === 'literal') tokens[tokens.length - 1] = { kind: 'literal', text: last.text + text };
  else tokens.push({ kind: 'literal', text });
}

function noCapture(template: string, sign: string, option: string): ConfigError {
  const what =
    sign.length < 2
      ? `a ${JSON.stringify(sign)} without its other half`
      : `${JSON.stringify(shorten(sign))}, which is no capture`;
  return new ConfigError(
    option,
    `The template ${JSON.stringify(shorten(template, 200))} has ${what}: write ${EXAMPLE}, and "\\" before a brace that is meant itself.`,
  );
}

/** Expression of a number in a path. */
const NUMBER = String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?`;

/**
 * Makes the expression of a template that can match in one way only: in each folder's name one thing of any length at the
 * most, and `**` + `/` once at the most. It then takes time that is linear in the path.
 */
function toExpression(tokens: readonly TemplateToken[]): RegExp | undefined {
  let source = '';
  let isVariable = false;
  let hasFolders = false;
  let isStart = true;
  for (const token of tokens) {
    if (token.kind === 'anything') return undefined;
    if (token.kind === 'folders') {
      if (hasFolders || !isStart) return undefined;
      hasFolders = true;
      source += '(?:[^/]+/)*';
      continue;
    }
    if (token.kind === 'literal') {
      source += token.text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
      if (token.text.includes('/')) isVariable = false;
      isStart = token.text.endsWith('/');
      continue;
    }
    isStart = false;
    if (isVariable) return undefined;
    // Half a character is no character, for which the matcher cares.
    if (token.kind === 'one') return undefined;
    isVariable = true;
    source += token.kind === 'star' ? '[^/]*' : token.kind === 'text' ? '([^/]+)' : `(${NUMBER})`;
  }
  return new RegExp(`^${source}$`, 's');
}
