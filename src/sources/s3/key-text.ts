/** Code units that no character takes: halves of a surrogate pair without the other. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Encodes a text for paths and queries that are signed: every byte but `A–Z a–z 0–9 - _ . ~`. */
export function encodeStrict(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes a key: each part of it once, with the `/` between them left as they are. */
export function encodeKey(key: string): string {
  return key.split('/').map(encodeStrict).join('/');
}

/** Tells whether a text can be written in UTF-8. */
export function isSound(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/**
 * Decodes a key of a listing with `encoding-type=url`, where a space is `+` or `%20` and a plus `%2B`.
 *
 * @returns whether it is text, and it, with U+FFFD for what is none
 */
export function decodeKey(coded: string): { readonly key: string; readonly isText: boolean } {
  const spaced = coded.replaceAll('+', ' ');
  if (!spaced.includes('%')) return { key: spaced, isText: true };
  try {
    return { key: decodeURIComponent(spaced), isText: true };
  } catch {
    // Bytes that are no UTF-8, or a "%" that codes nothing.
    const bytes = Buffer.from(
      spaced.replaceAll(
        /%([0-9a-f]{2})|[^]/giu,
        (all: string, hex?: string) => hex ?? Buffer.from(all).toString('hex'),
      ),
      'hex',
    );
    return { key: new TextDecoder().decode(bytes), isText: false };
  }
}
