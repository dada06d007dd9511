import type { Metadata } from '../core/graph.ts';
import { shorten, showValue } from '../core/show-value.ts';
import { type Token, tokenize, wrongAt } from './filter-tokens.ts';
import {
  align,
  compare,
  FUNCTIONS,
  isEqual,
  isIn,
  lookUp,
  type Quoted,
  toNumber,
  type Value,
} from './filter-values.ts';

/** A filter made of an expression: usable as `filterFn`. */
export interface CompiledFilter {
  (metadata: Metadata): boolean;
  /** Keys of the metadata that it looks at, in the order in which they are named. */
  readonly names: readonly string[];
}

/** A part of the expression, ready to be evaluated. */
interface Part {
  (metadata: Metadata): Value;
  /** True when it is a text in quotes, or a list with one: then it never counts as a number. */
  readonly isQuoted?: boolean;
}

/** Listener that is told of two values that are there and cannot be compared. */
type OnMismatch = (left: Value, right: Value) => void;

/** Operator between two operands. */
interface Infix {
  /** Rank among operators: the higher binds the tighter. */
  readonly power: number;
  combine(left: Part, right: Part, onMismatch: OnMismatch): Part;
}

/** Deepest nesting of parentheses, lists and signs. */
const MAX_NESTING_DEPTH = 100;

const COMPARISON_POWER = 3;
/** Ranks of the operators before a value: between comparisons and arithmetic on one side, `&&` on the other. */
const PREFIX_POWERS = { not: 2.5, sign: 6 } as const;

function arithmetic(power: number, of: (left: number, right: number) => number): Infix {
  return {
    power,
    combine: (left, right, onMismatch) => (metadata) => {
      const [a, b] = [left(metadata), right(metadata)];
      const [x, y] = [toNumber(a), toNumber(b)];
      if (x !== undefined && y !== undefined) return of(x, y);
      if (isThere(a) && isThere(b)) onMismatch(a, b);
      return undefined;
    },
  };
}

function ordering(holds: (order: number) => boolean): Infix {
  return {
    power: COMPARISON_POWER,
    combine: (left, right, onMismatch) => {
      const quoted = quotedOf(left, right);
      return (metadata) => {
        const [a, b] = [left(metadata), right(metadata)];
        if (!isThere(a) || !isThere(b)) return false;
        const pair = align(a, b, quoted);
        if (pair === undefined) onMismatch(a, b);
        const order = pair && compare(pair);
        return order !== undefined && holds(order);
      };
    },
  };
}

/**
 * Makes `==` or `!=`: `null` stands for what is missing as well; any other comparison with something missing is false.
 */
function equality(wanted: boolean): Infix {
  return {
    power: COMPARISON_POWER,
    combine: (left, right, onMismatch) => {
      const quoted = quotedOf(left, right);
      return (metadata) => {
        const [a, b] = [left(metadata), right(metadata)];
        if (a === null || b === null) return ((a ?? null) === (b ?? null)) === wanted;
        if (a === undefined || b === undefined) return false;
        if (wanted && align(a, b, quoted) === undefined) onMismatch(a, b);
        return isEqual(a, b, quoted) === wanted;
      };
    },
  };
}

const MEMBERSHIP: Infix = {
  power: COMPARISON_POWER,
  combine: (left, right, onMismatch) => {
    const quoted = quotedOf(left, right);
    return (metadata) => {
      const [a, b] = [left(metadata), right(metadata)];
      const isAlien = Array.isArray(b)
        ? b.length > 0 && b.every((each) => align(a, each, quoted) === undefined)
        : typeof a !== 'string' || typeof b !== 'string';
      if (isAlien && isThere(a) && isThere(b)) onMismatch(a, Array.isArray(b) ? b[0] : b);
      return isIn(a, b, quoted);
    };
  },
};

function isThere(value: Value): boolean {
  return value !== undefined && value !== null;
}

function quotedOf(left: Part, right: Part): Quoted {
  return { left: left.isQuoted === true, right: right.isQuoted === true };
}

const OR: Infix = {
  power: 1,
  combine: (left, right) => (metadata) => Boolean(left(metadata)) || Boolean(right(metadata)),
};
const AND: Infix = {
  power: 2,
  combine: (left, right) => (metadata) => Boolean(left(metadata)) && Boolean(right(metadata)),
};

const INFIXES: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ['||', OR],
  ['or', OR],
  ['&&', AND],
  ['and', AND],
  ['==', equality(true)],
  ['!=', equality(false)],
  ['<', ordering((order) => order < 0)],
  ['<=', ordering((order) => order <= 0)],
  ['>', ordering((order) => order > 0)],
  ['>=', ordering((order) => order >= 0)],
  ['in', MEMBERSHIP],
  ['+', arithmetic(4, (a, b) => a + b)],
  ['-', arithmetic(4, (a, b) => a - b)],
  ['*', arithmetic(5, (a, b) => a * b)],
  ['/', arithmetic(5, (a, b) => a / b)],
  ['%', arithmetic(5, (a, b) => a % b)],
]);

/** Words that stand for a value, also as Python writes them. */
const LITERALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['null', null],
  ['None', null],
]);

/** Names that people write, and what they are called here. */
const OTHER_SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['=', '=='],
  ['&', '&&'],
  ['|', '||'],
]);

/**
 * Makes a filter of an expression such as `age > 50 && is_healthy` or `anatomy in ["Aorta", "Coronary"]`, by a
 * parser of its own: nothing of it is ever run as code.
 *
 * Names are keys of the metadata (`` `wall shear` `` where they have spaces), `a.b`, `a["b c"]` and `a[0]` what lies in
 * them. There are `== != < <= > >= in`, `+ - * / %`, `&& || !` (`and or not`), parentheses, numbers, texts in either
 * kind of quotes, `true`, `false`, `null`, lists in brackets, and the functions `exists(x)`, `contains(x, part)`,
 * `startsWith(x, text)`, `endsWith(x, text)`, `lower(x)`, `upper(x)`, `length(x)`, `abs(x)`, `round(x)`, `min(…)`,
 * `max(…)`. A text of the metadata that reads as a number (or `true`, `false`) counts as one beside a number (or these),
 * one in quotes here never does. A comparison with something missing is false; so is one of values that cannot be
 * compared, of which a warning tells once. `x == null` finds what is missing. A value by itself counts as true unless it is missing, `false`, 0, NaN, `""` or `null`.
 *
 * @throws ConfigError (option `filter`) whose message shows the place that cannot be read
 *
 * @example
 * const filterFn = compileFilter('patient_age > 50 && is_healthy');
 */
export function compileFilter(expression: string): CompiledFilter {
  const parser = new Parser(expression);
  const whole = parser.parseAll();
  const filter = (metadata: Metadata): boolean => Boolean(whole(metadata));
  return Object.assign(filter, { names: [...parser.names] });
}

/** Pratt's top-down operator precedence parser (1973). */
class Parser {
  readonly names = new Set<string>();
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parseAll(): Part {
    if (this.#peek().kind === 'end') throw this.#wrong('it is empty');
    const whole = this.#parse(0);
    const rest = this.#peek();
    if (rest.kind === 'end') return whole;
    const meant = OTHER_SPELLINGS.get(rest.text);
    if (meant !== undefined) throw this.#wrong(`write ${meant} instead of ${rest.text}`);
    throw this.#wrong(`${describe(rest)} follows where an operator such as && should`);
  }

  /** Parses what binds tighter than `power`. */
  #parse(power: number): Part {
    if (++this.#depth > MAX_NESTING_DEPTH)
      throw this.#wrong(`it is nested more than ${MAX_NESTING_DEPTH} deep`);
    const start = this.#peek().at;
    let left = this.#parseOperand();
    let compared = false;
    for (;;) {
      const token = this.#peek();
      const negated = isWord(token, 'not') && isWord(this.#peek(1), 'in');
      const infix = negated ? INFIXES.get('in') : infixOf(token);
      if (infix === undefined || infix.power <= power) break;
      if (infix.power === COMPARISON_POWER && compared) {
        throw this.#wrong('comparisons do not chain: write a < x && x < b');
      }
      compared = infix.power === COMPARISON_POWER;
      this.#next += negated ? 2 : 1;
      const right = this.#parse(infix.power);
      left = negated ? isNotIn(left, right) : infix.combine(left, right, this.#warnOnce(start));
    }
    this.#depth--;
    return left;
  }

  /** Says once of the part that begins at `start` and has just been read that its values cannot be compared. */
  #warnOnce(start: number): OnMismatch {
    const part = shorten(this.#text.slice(start, this.#peek().at).trim());
    let isTold = false;
    return (left, right) => {
      if (isTold) return;
      isTold = true;
      globalThis.process?.emitWarning(
        `The filter compares what cannot be compared: "${part}" met ${showValue(left)} and ${showValue(right)}. That counts as false, here and for every other sample of which it is so.`,
        { type: 'VascuSimWarning', code: 'VASCUSIM_FILTER' },
      );
    };
  }

  #parseOperand(): Part {
    const token = this.#take();
    switch (token.kind) {
      case 'number':
        return constant(Number(token.text));
      case 'string':
        return Object.assign(constant(token.text), { isQuoted: true });
      case 'name':
        return this.#parseName(token);
      case 'operator':
        break;
      case 'end':
        throw this.#wrong('something is missing at its end', token);
    }
    switch (token.text) {
      case '(': {
        const inner = this.#parse(0);
        this.#expect(')', token);
        return this.#parseAccess(inner);
      }
      case '[': {
        const parts = this.#parseList(']', token);
        const list: Part = (metadata) => parts.map((part) => part(metadata));
        return Object.assign(list, { isQuoted: parts.some(({ isQuoted }) => isQuoted === true) });
      }
      case '!': {
        // Binds as tightly as in other languages: !a == b is (!a) == b.
        const operand = this.#parse(PREFIX_POWERS.sign);
        return (metadata) => !operand(metadata);
      }
      case '-': {
        const operand = this.#parse(PREFIX_POWERS.sign);
        return (metadata) => {
          const value = operand(metadata);
          return typeof value === 'number' ? -value : undefined;
        };
      }
      default:
        throw this.#wrong(`a value is missing before ${describe(token)}`, token);
    }
  }

  #parseName(token: Token): Part {
    const { text, quoted } = token;
    if (!quoted) {
      if (text === 'not') {
        const operand = this.#parse(PREFIX_POWERS.not);
        return (metadata) => !operand(metadata);
      }
      if (LITERALS.has(text)) return constant(LITERALS.get(text));
      if (INFIXES.has(text)) throw this.#wrong(`a value is missing before ${text}`, token);
      if (this.#isOperator('(')) return this.#parseAccess(this.#parseCall(token));
    }
    this.names.add(text);
    return this.#parseAccess((metadata) => lookUp(metadata, text));
  }

  #parseCall(token: Token): Part {
    const wanted = FUNCTIONS.get(token.text);
    if (wanted === undefined) {
      const known = [...FUNCTIONS.keys()].join(', ');
      throw this.#wrong(`there is no function ${shorten(token.text)}; there are ${known}`, token);
    }
    const parts = this.#parseList(')', this.#take());
    const { least, most } = wanted;
    if (parts.length < least || parts.length > most) {
      const count = least === most ? String(least) : `at least ${least}`;
      throw this.#wrong(
        `${token.text} takes ${count} ${most === 1 ? 'value' : 'values'}, not ${parts.length}`,
        token,
      );
    }
    return (metadata) => wanted.call(parts.map((part) => part(metadata)));
  }

  /** Parses `.name` and `[…]` behind a value. */
  #parseAccess(whole: Part): Part {
    let part = whole;
    for (;;) {
      const container = part;
      if (this.#isOperator('.')) {
        this.#take();
        const name = this.#take();
        if (name.kind !== 'name') throw this.#wrong('a name must follow the dot', name);
        part = (metadata) => lookUp(container(metadata), name.text);
      } else if (this.#isOperator('[')) {
        const bracket = this.#take();
        const key = this.#parse(0);
        this.#expect(']', bracket);
        part = (metadata) => lookUp(container(metadata), key(metadata));
      } else return part;
    }
  }

  #parseList(end: string, opening: Token): Part[] {
    const parts: Part[] = [];
    while (!this.#isOperator(end)) {
      if (parts.length > 0) this.#expect(',', opening, end);
      if (parts.length > 0 && this.#isOperator(end)) break;
      parts.push(this.#parse(0));
    }
    this.#take();
    return parts;
  }

  #expect(text: string, opening: Token, end = text): void {
    if (this.#isOperator(text)) {
      this.#take();
      return;
    }
    const token = this.#peek();
    if (token.kind === 'end') throw this.#wrong(`${end} is missing for this ${opening.text}`, opening);
    throw this.#wrong(`${describe(token)} follows where ${text} should`, token);
  }

  #isOperator(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'operator' && token.text === text;
  }

  #peek(ahead = 0): Token {
    return (this.#tokens[this.#next + ahead] ?? this.#tokens.at(-1)) as Token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#next++;
    return token;
  }

  #wrong(problem: string, { at }: Token = this.#peek()): Error {
    return wrongAt(this.#text, at, problem);
  }
}

/** Makes `not in`, which is false of what is missing, as every comparison is. */
function isNotIn(left: Part, right: Part): Part {
  const quoted = quotedOf(left, right);
  return (metadata) => {
    const value = left(metadata);
    return value !== undefined && !isIn(value, right(metadata), quoted);
  };
}

function constant(value: Value): Part {
  return () => value;
}

function infixOf(token: Token): Infix | undefined {
  const isWordOrSign = token.kind === 'operator' || (token.kind === 'name' && !token.quoted);
  return isWordOrSign ? INFIXES.get(token.text) : undefined;
}

function isWord({ kind, text, quoted }: Token, word: string): boolean {
  return kind === 'name' && !quoted && text === word;
}

function describe({ kind, text }: Token): string {
  return kind === 'end' ? 'the end' : kind === 'string' ? JSON.stringify(shorten(text)) : shorten(text);
}
