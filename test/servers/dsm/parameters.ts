/** The parameters of a call, decoded. */
export type Parameters = ReadonlyMap<string, string>;

/**
 * Decodes `a=b&c=d`. As on a real device a `+` is a plus: blanks must come as `%20`.
 */
export function parseParameters(encoded: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of encoded.split('&').filter((text) => text !== '')) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    parameters.set(decodeURIComponent(name), at < 0 ? '' : decodeURIComponent(pair.slice(at + 1)));
  }
  return parameters;
}

/** One text: JSON in version 2 (a bare text is taken as well), bare in version 1. */
export function textOf(value: string | undefined, version: number): string | undefined {
  if (value === undefined || version < 2 || !value.startsWith('"')) return value;
  const parsed: unknown = JSON.parse(value);
  return typeof parsed === 'string' ? parsed : value;
}

/** A list of paths. `literal`: whether a list that is not JSON is one path. */
export function pathsOf(value: string | undefined, version: number, literal: boolean): string[] {
  if (value === undefined) return [];
  if (version >= 2) {
    if (value.startsWith('[') || value.startsWith('"')) {
      const parsed: unknown = JSON.parse(value);
      return Array.isArray(parsed) ? parsed.map(String) : [String(parsed)];
    }
    if (literal) return [value];
  }
  return splitEscaped(value);
}

/** Names of `additional`: a JSON list, whose elements may hold several names, or names joined by commas. */
export function namesOf(value: string | undefined): Set<string> {
  if (value === undefined) return new Set();
  const parsed: unknown = value.startsWith('[') || value.startsWith('"') ? JSON.parse(value) : value;
  const texts = Array.isArray(parsed) ? parsed.map(String) : [String(parsed)];
  return new Set(texts.flatMap((text) => text.split(',')).map((name) => name.trim()));
}

/** Version 1: paths joined by commas, `\,` and `\\` inside them. */
function splitEscaped(value: string): string[] {
  const parts = [''];
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '\\' && at + 1 < value.length) parts[parts.length - 1] += value.charAt(++at);
    else if (character === ',') parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
