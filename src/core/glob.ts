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
 * matters. A leading `./` or `/` of the pattern is passed over. The number of steps is linear in the path, whatever it is.
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
  const automaton = turnsBack(source) ? new GlobAutomaton(source) : undefined;
  const test = (text: string): boolean => automaton?.test(text) ?? expression.test(text);
  return (path) => test(whole ? path : path.slice(path.lastIndexOf('/') + 1));
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

/** Tells whether the expression of a pattern may try more ways through a path than this is long: see what it has of any length. */
function turnsBack(pattern: string): boolean {
  let folders = 0;
  let inName = 0;
  for (const [token] of pattern.matchAll(TOKEN)) {
    const isChoice = token.length > 1 && token.startsWith('{');
    if (token === '**/') folders++;
    else if (token === '/') inName = 0;
    else if (isChoice && token.includes('*')) inName += 2;
    else if (token.startsWith('*')) inName++;
    if (folders > 1 || inName > 1) return true;
  }
  return /\*\*[^/]/.test(pattern);
}

/** State of an automaton: it passes on to others, with a character for which its test holds, or without one. */
interface State {
  /** Test of the character; undefined where none is passed. */
  readonly passes: ((character: string) => boolean) | undefined;
  readonly next: number[];
}

const isAny = (): boolean => true;
const isOfName = (character: string): boolean => character !== '/';

/** Automaton of a pattern, which is in all states at a time that a path may lead to. */
class GlobAutomaton {
  readonly #states: State[] = [];
  readonly #start: number;
  /** Step at which each state was entered last. */
  readonly #entered: Uint32Array;
  #step = 0;

  constructor(pattern: string) {
    // Behind the last character nothing may come.
    this.#start = this.#add(
      pattern,
      this.#push(() => false, []),
    );
    this.#entered = new Uint32Array(this.#states.length);
  }

  test(path: string): boolean {
    this.#entered.fill(0);
    this.#step = 1;
    let here: number[] = [];
    this.#enter(this.#start, here);
    for (const character of path) {
      this.#step++;
      const behind: number[] = [];
      for (const at of here) {
        const { passes, next } = this.#states[at] as State;
        if (passes?.(character) === true) for (const each of next) this.#enter(each, behind);
      }
      if (behind.length === 0) return false;
      here = behind;
    }
    return this.#entered[0] === this.#step;
  }

  /** Adds a state, and those that it passes on to without a character. */
  #enter(first: number, states: number[]): void {
    const waiting = [first];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (this.#entered[at] === this.#step) continue;
      this.#entered[at] = this.#step;
      const { passes, next } = this.#states[at] as State;
      if (passes === undefined) waiting.push(...next);
      else states.push(at);
    }
  }

  /** Makes the states of a pattern, from its end on. @returns the first of them */
  #add(pattern: string, end: number): number {
    let next = end;
    for (const [token] of [...pattern.matchAll(TOKEN)].reverse()) {
      const inner = token.slice(1, -1);
      if (token === '**/') next = this.#addFolders(next);
      else if (token.startsWith('**')) next = this.#addLoop(isAny, next);
      else if (token === '*') next = this.#addLoop(isOfName, next);
      else if (token === '?') next = this.#push(isOfName, [next]);
      else if (token.length > 2 && token.startsWith('[')) {
        const expression = new RegExp(`^(?!/)${characterClass(inner)}$`, 'su');
        next = this.#push((character) => expression.test(character), [next]);
      } else if (token.length > 1 && token.startsWith('{')) {
        const behind = next;
        next = this.#push(
          undefined,
          inner.split(',').map((choice) => this.#add(choice, behind)),
        );
      } else {
        const own = token.startsWith('\\') && token.length > 1 ? token.slice(1) : token;
        next = this.#push((character) => character === own, [next]);
      }
    }
    return next;
  }

  /** Adds any number of characters. */
  #addLoop(passes: (character: string) => boolean, next: number): number {
    const loop = this.#push(undefined, [next]);
    (this.#states[loop] as State).next.push(this.#push(passes, [loop]));
    return loop;
  }

  /** Adds any number of names of folders, each with its slash. */
  #addFolders(next: number): number {
    const begin = this.#push(undefined, [next]);
    const slash = this.#push((character) => character === '/', [begin]);
    const rest = this.#addLoop(isOfName, slash);
    (this.#states[begin] as State).next.push(this.#push(isOfName, [rest]));
    return begin;
  }

  #push(passes: State['passes'], next: number[]): number {
    return this.#states.push({ passes, next }) - 1;
  }
}
