import type { HeldFile, HeldParts } from '../core/held-file.ts';
import type { ParsedHeader } from '../core/mesh.ts';
import type { FileEntry } from '../core/source.ts';

/** Makes the hold of a whole file as one of its parts. */
export function asParts(
  file: Pick<HeldFile, 'path' | 'size' | 'release'>,
  parsed?: HeldParts['parsed'],
): HeldParts {
  return { ...releaseAll([file]), place: file.path, bytes: file.size, parsed };
}

/** Joins the holds of several files to one. */
export function releaseAll(
  held: readonly Pick<HeldFile, 'release'>[],
): Pick<HeldParts, 'release' | typeof Symbol.dispose> {
  const release: HeldParts['release'] = (options) => {
    for (const each of held) each.release(options);
  };
  return { release, [Symbol.dispose]: () => release() };
}

/** Collects the bytes of the files that are here as a whole, by where they lie. */
export function sizesOf(held: readonly HeldParts[]): ReadonlyMap<string, number> {
  return new Map(
    held.flatMap(({ place, bytes }) => (typeof place === 'string' ? [[place, bytes] as const] : [])),
  );
}

/**
 * Collects the headers that were read to plan what is wanted of files, by their paths.
 *
 * @param held - of `files`, in their order
 */
export function headersOf(
  files: readonly FileEntry[],
  held: readonly HeldParts[],
): ReadonlyMap<string, ParsedHeader> {
  const headers = new Map<string, ParsedHeader>();
  for (const [index, { path }] of files.entries()) {
    const parsed = held[index]?.parsed;
    if (parsed !== undefined) headers.set(path, parsed);
  }
  return headers;
}
