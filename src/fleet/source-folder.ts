import { realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import type { VascuDataset } from '../dataset/vascu-dataset.ts';
import type { ResultOptions } from './result-options.ts';

/**
 * Refuses a directory for meshes, or for the metadata of results, that lies among the samples themselves: they would be
 * samples of the next run.
 *
 * @throws ConfigError
 */
export async function requireOutside(
  { streamer, samples, folder }: VascuDataset,
  directory: string,
  { to }: ResultOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [first] = samples;
  const local = first && (await streamer.source.locate?.(first.path, { signal }));
  if (first === undefined || local === undefined) return;
  const tail = first.path.slice(folder.length).split('/');
  // The folder of the samples: as many levels above the first one as its path has.
  const root = await real(tail.reduce((at) => dirname(at), local));
  const target = await real(resolve(directory));
  const way = relative(root, target);
  if (way === '..' || way.startsWith(`..${sep}`) || resolve(target, way) === way) return;
  const isListed =
    (to === 'vtu' || to === 'vtp') && !way.split(sep).some((name) => name.startsWith('.') && name !== '.');
  if (way !== '' && !isListed) return;
  throw new ConfigError(
    'directory',
    `${directory} is ${way === '' ? 'the folder of the samples itself' : 'in the folder of the samples'}: what is written there would be mixed with them. Choose a directory outside of it.`,
  );
}

/** Resolves links on the way to a path, of which the last parts need not be there. */
async function real(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path
      ? path
      : resolve(await real(above), path.slice(above.length).replace(/^[\\/]+/, ''));
  }
}
