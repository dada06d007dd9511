/** Capture of a text or a number. */
interface CaptureToken {
  readonly kind: 'text' | 'number';
  readonly name: string;
}

/**
 * Token of a template: a literal text, a capture of a text or a number, `*`, `?`, `**` + `/` (any folders, also none), or
 * `**` (anything).
 */
export type TemplateToken =
  | { readonly kind: 'literal'; readonly text: string }
  | CaptureToken
  | { readonly kind: 'star' | 'one' | 'folders' | 'anything' };

/** Code unit of `/`. */
const SLASH_CODE = 47;
/** Marks of what cannot and can be matched. */
const UNMATCHED_CODE = 0;
const MATCHED_CODE = 1;

/**
 * Ends that are tried for each token and character of a path, before it is taken for one that does not match: only where
 * names repeat, and most characters of the path are the same, are so many needed.
 */
const MAX_TRIES_PER_CHARACTER = 2;

/** Decimals with sign and exponent. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** States of the automaton of numbers: of characters to the next one; the others end it. */
const [START, SIGN, DIGITS, POINT, FRACTION, BARE_POINT, EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8,
] as const;
const NUMBER_STATES = 9;

/**
 * Matcher of paths by any tokens. Which ends of the path the tokens from one on can match is found once a path, from its end
 * to its beginning, so that the way forward never has to turn back, unless texts have to be equal.
 */
export class TokenMatcher {
  readonly #tokens: readonly TemplateToken[];
  /** Place of each capture's name among the names; −1 for other tokens. */
  readonly #places: readonly number[];
  readonly #names: number;
  /** Tokens that are a name's second capture, or a later one. */
  readonly #repeats: readonly boolean[];
  /** Marks of names that are captured more than once. */
  readonly #recurs: readonly boolean[];
  /** Ends that may still be tried for the path. */
  #tries = 0;
  /** Places of the names, for each token, that are captured before it and must be the same there or behind it. */
  readonly #needed: readonly (readonly number[])[];
  /** MATCHED_CODE for each token and each place of the path from which it and those behind it can match. */
  #reach = new Uint8Array(0);
  #path = '';

  constructor(tokens: readonly TemplateToken[]) {
    const names: string[] = [];
    this.#tokens = tokens;
    this.#repeats = tokens.map((token, at) => isCapture(token) && namedBefore(tokens, at, token.name));
    this.#places = tokens.map((token) => {
      if (!isCapture(token)) return -1;
      const known = names.indexOf(token.name);
      return known < 0 ? names.push(token.name) - 1 : known;
    });
    this.#names = names.length;
    this.#recurs = names.map((_, name) => this.#places.filter((place) => place === name).length > 1);
    this.#needed = tokens.map((_, at) => {
      const before = this.#places.slice(0, at);
      const later = this.#places.filter(
        (place, token) => token >= at && this.#repeats[token] === true && before.includes(place),
      );
      return [...new Set(later)];
    });
  }

  /** Matches a path. @returns the texts of the captures, each name once; undefined where it does not match */
  match(path: string): readonly string[] | undefined {
    this.#path = path;
    this.#findReach();
    if (!this.#reaches(0, 0)) return undefined;
    const texts = Array.from({ length: this.#names }, () => '');
    this.#tries = MAX_TRIES_PER_CHARACTER * this.#tokens.length * (path.length + 1);
    return this.#walk(0, 0, texts, new Set()) ? texts : undefined;
  }

  #reaches(token: number, at: number): boolean {
    return this.#reach[token * (this.#path.length + 1) + at] === MATCHED_CODE;
  }

  /** Finds from where the tokens from each on can match the rest of the path, without regard to names that repeat. */
  #findReach(): void {
    const row = this.#path.length + 1;
    const size = (this.#tokens.length + 1) * row;
    if (this.#reach.length < size) this.#reach = new Uint8Array(2 * size);
    else this.#reach.fill(UNMATCHED_CODE, 0, size);
    this.#reach[this.#tokens.length * row + this.#path.length] = MATCHED_CODE;
    for (let token = this.#tokens.length - 1; token >= 0; token--) this.#findReachOf(token, row);
  }

  #findReachOf(token: number, row: number): void {
    const path = this.#path;
    const reach = this.#reach;
    const [own, next] = [token * row, (token + 1) * row];
    const each = this.#tokens[token] as TemplateToken;
    switch (each.kind) {
      case 'literal': {
        const { length } = each.text;
        for (let at = path.length - length; at >= 0; at--) {
          if (reach[next + at + length] === MATCHED_CODE && path.startsWith(each.text, at))
            reach[own + at] = MATCHED_CODE;
        }
        return;
      }
      case 'one':
        for (let at = path.length - 1; at >= 0; at--) {
          if (path.charCodeAt(at) !== SLASH_CODE)
            reach[own + at] = reach[next + at + widthAt(path, at)] as number;
        }
        return;
      case 'star':
      case 'anything':
        for (let at = path.length; at >= 0; at--) {
          let reached = reach[next + at] as number;
          if (reached === UNMATCHED_CODE && at < path.length && mayPass(path, at, each.kind))
            reached = reach[own + at + widthAt(path, at)] as number;
          reach[own + at] = reached;
        }
        return;
      case 'text':
        for (let at = path.length - 1; at >= 0; at--) {
          if (path.charCodeAt(at) === SLASH_CODE) continue;
          const behind = at + widthAt(path, at);
          if (reach[next + behind] === MATCHED_CODE || reach[own + behind] === MATCHED_CODE)
            reach[own + at] = MATCHED_CODE;
        }
        return;
      case 'folders':
        // A folder's name ends at the next slash, behind which the tokens or another folder must match.
        for (let at = path.length, behind = -1; at >= 0; at--) {
          if (path.charCodeAt(at) === SLASH_CODE) behind = at + 1;
          const isName = at < path.length && path.charCodeAt(at) !== SLASH_CODE;
          const passes = isName && behind >= 0 && reach[own + behind] === MATCHED_CODE;
          reach[own + at] = passes ? MATCHED_CODE : (reach[next + at] as number);
        }
        return;
      case 'number':
        this.#findReachOfNumber(own, next);
    }
  }

  /** Runs the automaton of numbers backwards: in which of its states the rest of the path can be matched. */
  #findReachOfNumber(own: number, next: number): void {
    const path = this.#path;
    const reach = this.#reach;
    let behind = new Uint8Array(NUMBER_STATES);
    let here = new Uint8Array(NUMBER_STATES);
    for (let at = path.length; at >= 0; at--) {
      const ends = reach[next + at] as number;
      const code = at < path.length ? path.charCodeAt(at) : -1;
      for (let state = 0; state < NUMBER_STATES; state++) {
        const to = stepOfNumber(state, code);
        const goesOn = to >= 0 ? (behind[to] as number) : UNMATCHED_CODE;
        here[state] =
          goesOn === MATCHED_CODE || (isNumberEnd(state) && ends === MATCHED_CODE)
            ? MATCHED_CODE
            : UNMATCHED_CODE;
      }
      reach[own + at] = here[START] as number;
      [behind, here] = [here, behind];
    }
  }

  /** Goes forward by the shortest texts. @param failed - places from which it was tried in vain, with the texts that count there */
  #walk(token: number, at: number, texts: string[], failed: Set<string>): boolean {
    const each = this.#tokens[token];
    if (each === undefined) return at === this.#path.length;
    if (failed.size > 0 && failed.has(this.#keyOf(token, at, texts))) return false;
    const place = this.#places[token] as number;
    const isRepeat = this.#repeats[token] === true;
    const ends = isRepeat ? sameText(texts[place] as string, this.#path, at) : endsOf(each, this.#path, at);
    for (const end of ends) {
      if (!this.#reaches(token + 1, end)) continue;
      if (this.#tries-- <= 0) return false;
      if (place >= 0) {
        const text = this.#path.slice(at, end);
        // What is not there once more now is not with more characters either.
        if (!isRepeat && this.#recurs[place] === true && !this.#path.includes(text, end)) break;
        if (each.kind === 'number' && !isFiniteNumber(text)) continue;
        texts[place] = text;
      }
      if (this.#walk(token + 1, end, texts, failed)) return true;
    }
    failed.add(this.#keyOf(token, at, texts));
    return false;
  }

  #keyOf(token: number, at: number, texts: readonly string[]): string {
    const needed = this.#needed[token] ?? [];
    return `${token} ${at} ${needed.map((place) => texts[place]).join('/')}`;
  }
}

/** Gives the end of a text that has to be at a place. */
function sameText(text: string, path: string, at: number): readonly number[] {
  return path.startsWith(text, at) ? [at + text.length] : [];
}

/** Says whether a token takes a text of the path. */
export function isCapture(token: TemplateToken): token is CaptureToken {
  return token.kind === 'text' || token.kind === 'number';
}

function namedBefore(tokens: readonly TemplateToken[], at: number, name: string): boolean {
  return tokens.slice(0, at).some((token) => isCapture(token) && token.name === name);
}

/** Yields where a token that begins at a place can end, the nearest first. */
function* endsOf(token: TemplateToken, path: string, at: number): Generator<number, void, void> {
  switch (token.kind) {
    case 'literal':
      if (path.startsWith(token.text, at)) yield at + token.text.length;
      return;
    case 'one':
      if (at < path.length && path.charCodeAt(at) !== SLASH_CODE) yield at + widthAt(path, at);
      return;
    case 'folders':
      yield at;
      for (let end = at; end < path.length; ) {
        const slash = path.indexOf('/', end);
        if (slash <= end) return;
        end = slash + 1;
        yield end;
      }
      return;
    default:
      if (!isCapture(token)) yield at;
      for (let end = at; end < path.length && mayPass(path, end, token.kind); ) {
        end += widthAt(path, end);
        yield end;
      }
  }
}

function isFiniteNumber(text: string): boolean {
  return NUMBER.test(text) && Number.isFinite(Number(text));
}

function mayPass(path: string, at: number, kind: TemplateToken['kind']): boolean {
  return kind === 'anything' || path.charCodeAt(at) !== SLASH_CODE;
}

/** Counts the code units of the character at a place. */
function widthAt(path: string, at: number): 1 | 2 {
  return (path.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

function isNumberEnd(state: number): boolean {
  return state === DIGITS || state === FRACTION || state === EXPONENT_DIGITS;
}

/** Finds the state behind a character; −1 where none can follow. */
function stepOfNumber(state: number, code: number): number {
  if (code >= 48 && code <= 57) return afterDigit(state);
  if (code === 46) return state === DIGITS ? POINT : state === START || state === SIGN ? BARE_POINT : -1;
  if (code === 43 || code === 45) return state === START ? SIGN : state === EXPONENT ? EXPONENT_SIGN : -1;
  if (code === 69 || code === 101) return state === DIGITS || state === FRACTION ? EXPONENT : -1;
  return -1;
}

function afterDigit(state: number): number {
  if (state <= DIGITS) return DIGITS;
  return state >= EXPONENT ? EXPONENT_DIGITS : FRACTION;
}
