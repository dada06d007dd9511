import type { HeldFile, HeldParts } from '../core/held-file.ts';

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
