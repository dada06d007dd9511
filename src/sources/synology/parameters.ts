import { NotFoundError } from '../../core/errors.ts';
import type { Api } from './discovery.ts';

/** The parameters of a call, ready to be encoded. */
export type Parameters = Readonly<Record<string, string>>;

/** Encodes parameters as `a=b&c=d`, blanks as `%20`: DSM takes a `+` for a plus. */
export function encodeParameters(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** Encodes a text as the API wants it: JSON from version 2 on. */
export function textParameter(api: Api, text: string): string {
  return api.version >= 2 ? JSON.stringify(text) : text;
}

/** Encodes several texts: a JSON list from version 2 on, else joined by commas, with `\` before those inside. */
export function listParameter(api: Api, texts: readonly string[]): string {
  if (api.version >= 2) return JSON.stringify(texts);
  return texts.map((text) => text.replaceAll(/[\\,]/g, '\\$&')).join(',');
}

/** Makes `/share/folder` of `share/folder`. @throws NotFoundError for a name that cannot be sent as UTF-8 */
export function nasPath(path: string): string {
  // A half of a surrogate pair.
  if (/\p{Surrogate}/u.test(path)) {
    throw new NotFoundError(`No file ${JSON.stringify(path)}: the name is not valid Unicode.`);
  }
  return `/${path}`;
}
