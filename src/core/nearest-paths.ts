import type { PathTemplate } from './path-template.ts';
import { type TemplateToken, TokenMatcher } from './template-matcher.ts';

/** Paths that are looked at. */
const MAX_PATHS = 10_000;

/** Most characters of a name that are compared. */
const MAX_COMPARED = 80;

/** Nearness of a path to a template: names of folders that match, then the characters in which the next one differs. */
interface Nearness {
  readonly path: string;
  readonly matched: number;
  readonly distance: number;
  /** Characters in which the name of the file differs. */
  readonly last: number;
}

/**
 * Finds the paths that come nearest to a template which matches none of them: those of which the most names match, from the
 * beginning on and, behind a `**`, from the end on; of these, those whose next name differs least, then those whose last one does.
 */
export function nearestPaths(template: PathTemplate, paths: Iterable<string>, most = 3): string[] {
  const segments = toSegments(template.tokens);
  const found: Nearness[] = [];
  let looked = 0;
  for (const path of paths) {
    if (looked++ === MAX_PATHS) break;
    const names = path.split('/');
    const last = distanceOf(names.at(-1) ?? '', segments.at(-1)?.literal ?? '');
    found.push({ path, ...nearnessOf(names, segments), last });
  }
  found.sort((a, b) => b.matched - a.matched || a.distance - b.distance || a.last - b.last);
  return found.slice(0, most).map(({ path }) => path);
}

/** Name of a folder or file in a template. */
interface Segment {
  readonly matcher: TokenMatcher;
  /** Literal characters of it. */
  readonly literal: string;
  /** True where it stands for any number of folders. */
  readonly isAny: boolean;
}

function nearnessOf(names: readonly string[], segments: readonly Segment[]): Omit<Nearness, 'path' | 'last'> {
  const any = segments.findIndex(({ isAny }) => isAny);
  const fromStart = any < 0 ? segments : segments.slice(0, any);
  const start = agreement(names, fromStart);
  if (any < 0 || start.matched < fromStart.length) return start;
  const behind = segments.slice(segments.findLastIndex(({ isAny }) => isAny) + 1);
  const end = agreement(names.toReversed(), behind.toReversed());
  return { matched: start.matched + end.matched, distance: end.distance };
}

function agreement(names: readonly string[], segments: readonly Segment[]): Omit<Nearness, 'path' | 'last'> {
  const failed = segments.findIndex(({ matcher }, at) => matcher.match(names[at] ?? '') === undefined);
  const matched = failed < 0 ? segments.length : failed;
  const rest = Math.abs(names.length - segments.length);
  return {
    matched,
    distance: failed < 0 ? rest : distanceOf(names[failed] ?? '', segments[failed]?.literal ?? ''),
  };
}

function toSegments(tokens: readonly TemplateToken[]): Segment[] {
  const segments: Segment[] = [];
  let own: TemplateToken[] = [];
  const end = (): void => {
    const literal = own.map((token) => (token.kind === 'literal' ? token.text : '')).join('');
    const isAny = own.some(({ kind }) => kind === 'folders' || kind === 'anything');
    segments.push({ matcher: new TokenMatcher(own), literal, isAny });
    own = [];
  };
  for (const token of tokens) {
    if (token.kind !== 'literal') {
      own.push(token);
      if (token.kind === 'folders') end();
      continue;
    }
    for (const [at, text] of token.text.split('/').entries()) {
      if (at > 0) end();
      if (text !== '') own.push({ kind: 'literal', text });
    }
  }
  end();
  return segments;
}

/** Counts the characters that have to be put in, taken out or changed to make one text of the other (Levenshtein). */
function distanceOf(one: string, other: string): number {
  const [a, b] = [one.slice(0, MAX_COMPARED), other.slice(0, MAX_COMPARED)];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(same, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
