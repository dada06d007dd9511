import { ConfigError, NotFoundError } from './errors.ts';
import type { GraphOf } from './graph.ts';
import { describeLeftOutArrays } from './left-out-arrays.ts';
import type { LeftOutArray } from './mesh.ts';
import type { MeshHeader } from './mesh-format.ts';
import { showNames, showValue } from './show-value.ts';

/**
 * Finds out by the header of a mesh file whether its graph can have all arrays that `includeAttributes` names.
 *
 * @returns the error that reading the file would end with; undefined where there is none, or only reading tells
 */
export function refuseWish(
  header: MeshHeader,
  attributes: readonly string[],
  path: string,
  graphOf: GraphOf = 'points',
): Error | undefined {
  // What pieces in other files have, these tell.
  if (header.pieceFiles.length > 0) return undefined;
  for (const name of attributes) {
    const isNamed = (array: Pick<LeftOutArray, 'name' | 'on'>): boolean =>
      array.name === name && array.on !== 'field';
    const isIt = (array: Pick<LeftOutArray, 'name' | 'on'>): boolean =>
      isNamed(array) && (graphOf === 'points' || array.on === 'cell');
    const found = header.arrays.filter(isIt);
    if (found.some(({ type }) => type !== 'String')) continue;
    const leftOut = header.leftOut.filter((array) => array.name === name);
    // An array that not all pieces have, or of an unknown type, is said more of by whoever reads it.
    if (leftOut.some((array) => isIt(array) && array.reason !== 'information' && array.reason !== 'steps'))
      return undefined;
    if (found.length === 0 && header.pointArrays.includes(name) && graphOf === 'cells')
      return pointArrayInCells('includeAttributes', name, path, header.cellArrays);
    return found.length > 0 || header.arrays.some(isNamed)
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

/** Part of a sample in the message of {@link inNoPart}. */
export interface SearchedPart {
  readonly name: string;
  readonly header: Pick<MeshHeader, 'pointArrays' | 'cellArrays'>;
  /** Arrays of the name in question that the file has and the mesh has not. */
  readonly leftOut: readonly LeftOutArray[];
}

/** Makes the error of a sample none of whose parts has an array of a name. */
export function inNoPart(name: string, id: string, parts: readonly SearchedPart[]): NotFoundError {
  const leftOut = parts.flatMap((part) => part.leftOut);
  const why = leftOut.length === 0 ? '' : ` Left out: ${describeLeftOutArrays(leftOut)}.`;
  const arrays = parts.map(({ name: part, header: { pointArrays, cellArrays } }) => {
    const known = new Set([...pointArrays, ...cellArrays]);
    return `${part} ${showNames([...known]) || 'none'}`;
  });
  return new NotFoundError(
    `No part of the sample ${id} has an array "${name}", which includeAttributes asks for.${why} Their arrays are: ${arrays.join('; ')}.`,
  );
}

/**
 * Makes the error about an array over points that a graph of cells is to have; `option` names it.
 *
 * @param cellArrays - names of the arrays that it may have
 */
export function pointArrayInCells(
  option: string,
  name: string,
  path: string,
  cellArrays: readonly string[],
): ConfigError {
  return new ConfigError(
    option,
    `The array ${showValue(name)} of ${path} has values over its points, and with graphOf: 'cells' its cells are the nodes. Leave it out of ${option}, or use graphOf: 'points'.${cellArrays.length === 0 ? '' : ` Its cell arrays are: ${showNames(cellArrays)}.`}`,
  );
}

/** Makes the error about a string array that a graph is to have; `option` names it. */
export function stringsInGraph(option: string, name: string, path: string): ConfigError {
  return new ConfigError(
    option,
    `The array ${showValue(name)} of ${path} holds strings, and a graph holds numbers only. Leave it out of ${option}: a mesh has it as texts, and text about a whole sample belongs into its metadata.`,
  );
}
