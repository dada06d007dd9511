import { ConfigError, NotFoundError } from './errors.ts';
import { describeLeftOutArrays } from './left-out-arrays.ts';
import type { LeftOutArray } from './mesh.ts';
import type { MeshHeader } from './mesh-format.ts';
import { showValue } from './show-value.ts';

/**
 * Finds out by the header of a mesh file whether its graph can have all arrays that `includeAttributes` names.
 *
 * @returns the error that reading the file would end with; undefined where there is none, or only reading tells
 */
export function refuseWish(
  header: MeshHeader,
  attributes: readonly string[],
  path: string,
): Error | undefined {
  // What pieces in other files have, these tell.
  if (header.pieceFiles.length > 0) return undefined;
  for (const name of attributes) {
    const isIt = (array: Pick<LeftOutArray, 'name' | 'on'>): boolean =>
      array.name === name && array.on !== 'field';
    const found = header.arrays.filter(isIt);
    if (found.some(({ type }) => type !== 'String')) continue;
    const leftOut = header.leftOut.filter((array) => array.name === name);
    // An array that not all pieces have, or of an unknown type, is said more of by whoever reads it.
    if (leftOut.some((array) => isIt(array) && array.reason !== 'information' && array.reason !== 'steps'))
      return undefined;
    return found.length > 0
      ? stringsInGraph('includeAttributes', name, path)
      : noSuchArray(name, path, header, leftOut);
  }
  return undefined;
}

/**
 * Makes the error of a sample that has no array of a name.
 *
 * @param leftOut - what of this name the file has and its mesh has not
 */
export function noSuchArray(
  name: string,
  path: string,
  { pointArrays, cellArrays }: Pick<MeshHeader, 'pointArrays' | 'cellArrays'>,
  leftOut: readonly LeftOutArray[],
): NotFoundError {
  const list = (names: readonly string[]): string => names.map((each) => `"${each}"`).join(', ') || 'none';
  const why = leftOut.length === 0 ? '' : ` Left out: ${describeLeftOutArrays(leftOut)}.`;
  return new NotFoundError(
    `The sample ${path} has no array ${showValue(name)}, which includeAttributes asks for.${why} Its point arrays are: ${list(pointArrays)}; its cell arrays: ${list(cellArrays)}.`,
  );
}

/** Makes the error about a string array that a graph is to have; `option` names it. */
export function stringsInGraph(option: string, name: string, path: string): ConfigError {
  return new ConfigError(
    option,
    `The array ${showValue(name)} of ${path} holds strings, and a graph holds numbers only. Leave it out of ${option}: a mesh has it as texts, and text about a whole sample belongs into its metadata.`,
  );
}
