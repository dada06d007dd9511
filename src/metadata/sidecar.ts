import { FormatError } from '../core/errors.ts';
import { isLfsPointer, LFS_POINTER_TEXT } from '../core/foreign-file.ts';
import type { Metadata } from '../core/graph.ts';
import { parseJson } from '../core/lenient-json.ts';

/**
 * Decodes UTF-8, without its byte order mark.
 *
 * @param path - how error messages name the file
 * @throws FormatError when it is not UTF-8, or a pointer to a file that was not fetched
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  if (isLfsPointer(bytes)) throw new FormatError(LFS_POINTER_TEXT, { path });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError('this is not UTF-8 text: save it as UTF-8', { path }, { cause });
  }
}

/**
 * Parses the text of a sidecar, or one line of a `metadata.jsonl`: a JSON object. `NaN`, `Infinity` and
 * `-Infinity`, as Python's `json.dump` writes them, are numbers.
 *
 * @param path - how error messages name the file
 * @param before - what precedes `text` in the file, so that messages give the right line and byte
 * @throws FormatError when it is not a JSON object
 */
export function parseMetadata(text: string, path: string, before = ''): Metadata {
  const value = parseJson(text, path, before);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Metadata;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  const line = before.split('\n').length;
  throw new FormatError(`metadata must be a JSON object, this is ${kind} (line ${line})`, { path });
}

/** Extension of sidecars. */
export const SIDECAR_EXTENSION = '.json';

/** Makes the path of a sample's sidecar: `case_1.json` for `case_1.vtu`, and for `case_1.vtu.series`, a list of its steps. */
export function sidecarOf(path: string): string {
  return withoutExtension(path.replace(/\.series$/i, '')) + SIDECAR_EXTENSION;
}

/** Takes a path without the last extension of its base name. */
export function withoutExtension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path;
}
