import { posix } from 'node:path';
import { isVascuError, NotFoundError } from '../index.ts';
import { type DataStreamer, didYouMean } from '../io.ts';
import { COLLECTION_EXTENSIONS, MESH_EXTENSIONS } from '../mesh.ts';

/** Extensions of mesh files as help lists them: `.vtu, .vtp or …`. */
export const LISTED_EXTENSIONS: string = MESH_EXTENSIONS.join(', ').replace(/, (?!.*,)/, ' or ');

/** Tells whether a name is that of a mesh file. */
export function isMeshName(name: string): boolean {
  return extensionOf(name) !== undefined;
}

/** Tells whether a name is that of a file whose pieces lie in others. */
export function isCollectionName(name: string): boolean {
  return COLLECTION_EXTENSIONS.includes(extensionOf(name) ?? '');
}

function extensionOf(name: string): string | undefined {
  const lower = name.toLowerCase();
  return MESH_EXTENSIONS.find((extension) => lower.endsWith(extension));
}

function withoutExtension(name: string): string {
  return name.slice(0, name.length - (extensionOf(name)?.length ?? 0));
}

/**
 * Finds the path of a file of a source, from its name or from the id of its sample, as `vascusim ls` shows it. It may
 * be given from the source's root on, or from the folder that is looked at.
 *
 * @param base - the folder that is looked at
 * @param hints - whether a name that is near is looked for, which lists the whole folder
 * @throws NotFoundError when there is none
 */
export async function findFile(
  streamer: DataStreamer,
  base: string,
  file: string,
  hints: boolean,
  signal: AbortSignal,
): Promise<string> {
  const folder = base.replace(/\/+$/, '');
  const below = folder === '' || file.startsWith(`${folder}/`) ? file : posix.join(folder, file);
  // Most give a name that is there; where nobody can say so, reading it will.
  if (isMeshName(file) && below === file) return file;
  const paths = below === file ? [file] : [below, file];
  let missing: unknown;
  for (const path of paths) {
    const found = await isThere(streamer, path, signal);
    if (found === true) return path;
    missing ??= found;
  }
  if (isMeshName(file)) throw missing;
  for (const path of paths) {
    const samples = await listSamples(streamer, path, signal);
    const own = samples.filter((each) => withoutExtension(each) === path);
    if (own.length === 1) return own[0] as string;
    if (own.length > 1) throw new NotFoundError(`${file} may be ${own.join(' or ')}: give the whole name.`);
  }
  const near = hints ? await listSamples(streamer, folder === '' ? '' : `${folder}/`, signal) : [];
  const known = near.flatMap((path) => [path, withoutExtension(path)]);
  const hint = didYouMean(below, known);
  throw new NotFoundError(
    `There is no file and no sample ${JSON.stringify(file)}${hint} in ${streamer.source.id}: give a name, or an id as vascusim ls shows it without --samples.`,
    { cause: missing },
  );
}

/** Looks whether a file is there: true, or the error that says that there is none. */
async function isThere(streamer: DataStreamer, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    await streamer.source.stat(path, { signal });
    return true;
  } catch (error) {
    if (isVascuError(error, 'NOT_FOUND')) return error;
    throw error;
  }
}

/** Lists the mesh files whose paths begin with a text; none where the source has no list of its files. */
async function listSamples(streamer: DataStreamer, prefix: string, signal: AbortSignal): Promise<string[]> {
  try {
    const files = await streamer.listFiles({ prefix, signal });
    return files.map(({ path }) => path).filter(isMeshName);
  } catch (error) {
    if (isVascuError(error, 'UNSUPPORTED', 'NOT_FOUND')) return [];
    throw error;
  }
}
