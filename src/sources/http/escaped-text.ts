import { isUtf8 } from 'node:buffer';
import { NotFoundError } from '../../core/errors.ts';

/** Sound UTF-8 of more than one byte (Unicode 16, table 3-7), else one byte that begins none. */
const BYTES =
  /[\xC2-\xDF][\x80-\xBF]|\xE0[\xA0-\xBF][\x80-\xBF]|[\xE1-\xEC\xEE\xEF][\x80-\xBF]{2}|\xED[\x80-\x9F][\x80-\xBF]|\xF0[\x90-\xBF][\x80-\xBF]{2}|[\xF1-\xF3][\x80-\xBF]{3}|\xF4[\x80-\x8F][\x80-\xBF]{2}|[\x80-\xFF]/g;

/**
 * Decodes bytes that should be UTF-8 and need not be, without a byte order mark: a byte that is part of no character
 * becomes half of a surrogate pair (0xDC00 and its value), as in Python's `surrogateescape`. So a name that is no text
 * is told from one that has U+FFFD in it.
 */
export function decodeEscaped(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = isUtf8(buffer) ? buffer.toString() : escapeUnsound(buffer.toString('latin1'));
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function escapeUnsound(latin1: string): string {
  return latin1.replace(BYTES, (bytes) =>
    bytes.length === 1
      ? String.fromCharCode(0xdc00 + bytes.charCodeAt(0))
      : Buffer.from(bytes, 'latin1').toString(),
  );
}

/** Tells whether every half of a surrogate pair has its other half, so that the text can be written as bytes. */
export function isSound(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Puts U+FFFD in place of what is not sound in a text. */
export function toSound(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** Form of paths that stand in a URL as they are. */
const PLAIN = /^[\w./-]*$/;

/**
 * Writes a path as part of a URL.
 *
 * @throws NotFoundError when a name cannot be written in a URL (half of a surrogate pair)
 */
export function encodePath(path: string): string {
  if (PLAIN.test(path)) return path;
  if (!isSound(path)) throw new NotFoundError(`No file ${JSON.stringify(path)}: it is not sound Unicode.`);
  return path.split('/').map(encodeURIComponent).join('/');
}
