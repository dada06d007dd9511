import { FormatError } from '../../core/errors.ts';
import type { XmlTag } from './xml-scanner.ts';

/** Most points, cells or tuples: their indices are 32-bit. */
const MAX_COUNT = 2 ** 31 - 1;

/** Form of a decimal number in any form. */
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** Form of a whole number as nearly all files have it: no more needs to be checked of it. */
const PLAIN = /^\d{1,9}$/;

/** Reads the whole number from 0 to `most` that a text stands for, in whatever form; undefined where it is none. */
function parseWhole(text: string, most: number): number | undefined {
  if (PLAIN.test(text) && Number(text) <= most) return Number(text);
  const value = NUMBER.test(text) ? Math.abs(Number(text)) : Number.NaN;
  // A sign is allowed for as long as it says nothing: +5, -0.
  const isOne = Number.isInteger(value) && value <= most && (value === 0 || !text.startsWith('-'));
  return isOne ? value : undefined;
}

/**
 * Reads a count from an attribute. Writers that keep counts as floating point write `3.0` or `5e0`, which VTK reads.
 *
 * @returns undefined where there is no such attribute
 * @throws FormatError when it is no whole number that can be a count
 */
export function readCount(tag: XmlTag, name: string, path: string): number | undefined {
  const text = tag.attributes.get(name)?.trim();
  if (text === undefined) return undefined;
  const value = parseWhole(text, MAX_COUNT);
  if (value !== undefined) return value;
  throw new FormatError(`has ${name}="${text.slice(0, 40)}", which is no count from 0 to ${MAX_COUNT}`, {
    path,
    offset: tag.offset,
    array: tag.attributes.get('Name'),
  });
}

/** Reads where appended data begin; undefined where the attribute is none or no place in a file of `size` bytes. */
export function readOffset(tag: XmlTag, size: number): number | undefined {
  return parseWhole(tag.attributes.get('offset')?.trim() ?? '', size - 1);
}

/**
 * Reads an attribute that has one of `values`, in any letter case.
 *
 * @returns undefined where it is not there, or empty
 * @throws FormatError when it has another value
 */
export function readChoice<Value extends string>(
  tag: XmlTag,
  name: string,
  values: readonly Value[],
  path: string,
): Value | undefined {
  const stated = tag.attributes.get(name);
  if (stated === undefined) return undefined;
  for (const value of values) if (value === stated) return value;
  const text = stated.trim();
  if (text === '') return undefined;
  const value = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (value !== undefined) return value;
  throw new FormatError(`has ${name}="${text.slice(0, 60)}"; known: ${values.join(', ')}`, {
    path,
    offset: tag.offset,
    array: tag.attributes.get('Name'),
  });
}
