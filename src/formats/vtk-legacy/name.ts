/** Name of the format in headers and messages. */
export const VTK_LEGACY = 'VTK legacy';

/** First bytes of every file of the format. */
const SIGNATURE = '# vtk DataFile';

/** Says whether a file begins as a legacy file does. */
export function isLegacy(head: Uint8Array): boolean {
  return [...SIGNATURE].every((character, at) => head[at] === character.charCodeAt(0));
}
