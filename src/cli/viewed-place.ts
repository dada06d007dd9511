import { basename, dirname, resolve, sep } from 'node:path';
import type { Command } from 'commander';
import { type FilterFn, VascuDataset } from '../data.ts';
import { LocalSource, type OpenedPlace } from '../io.ts';
import { splitArchivePath } from './archive-address.ts';
import { findFile, isMeshName } from './find-file.ts';
import { isPlace, pathOf, splitUrl } from './given-meshes.ts';
import { expandHome } from './options/own-path.ts';
import { type ResolvedSource, resolveSource } from './options/source-options.ts';
import { PickedSource } from './picked-source.ts';
import { UsageError } from './usage-error.ts';

/** Place that is looked at: a source, or files. */
export interface ViewedPlace {
  /** Name of it for people. */
  readonly title: string;
  open(filterFn: FilterFn | undefined): Promise<VascuDataset>;
}

/** Resolves what is to be looked at: a source, files in it, or files of this machine or of the web. */
export function resolveViewed(command: Command, given: readonly string[], signal: AbortSignal): ViewedPlace {
  const named = given.map((each) => expandHome(each, 'The name of a file'));
  const [first, ...others] = named;
  if (first === undefined) return ofSource(resolveSource(command, undefined, signal));
  const inside = splitArchivePath(first);
  if (inside !== undefined && inside.file !== '') {
    const files = named.map((each) => splitArchivePath(each) ?? { archive: '', file: each });
    return ofFiles(
      command,
      oneAddress(files.map(({ archive }) => archive)),
      files.map(({ file }) => file),
      signal,
    );
  }
  const bare = first.replace(/[?#].*$/, '');
  if (isPlace(first) && isMeshName(bare)) {
    const files = named.map(splitUrl);
    const address = oneAddress(files.map((each) => each.address));
    return ofFiles(
      command,
      address,
      files.flatMap(({ file }) => file ?? []),
      signal,
    );
  }
  if (isMeshName(first) && !isPlace(first)) return ofLocalFiles(command, named, signal);
  const source = resolveSource(command, first, signal);
  return others.length === 0 ? ofSource(source) : ofFiles(command, first, others, signal);
}

function oneAddress(addresses: readonly string[]): string {
  const [first = '', ...others] = addresses;
  if (others.every((each) => each === first)) return first;
  throw new UsageError('Files of one place can be looked at at a time: these lie at several.');
}

function ofSource(source: ResolvedSource): ViewedPlace {
  return {
    title: source.given,
    open: (filterFn) => VascuDataset.open({ ...source.options, time: timeOf(source), filterFn }),
  };
}

/** Looks at files of a source; without names the address itself is the file. */
function ofFiles(
  command: Command,
  address: string,
  files: readonly string[],
  signal: AbortSignal,
): ViewedPlace {
  const source = resolveSource(command, address, signal);
  return {
    title: files.length === 1 ? `${files[0]}` : address,
    open: async (filterFn) => {
      const place = await source.open();
      try {
        const base = source.options.sourceDir ?? place.folder ?? '';
        const names = source.isLocal ? files : files.map((file) => file.replace(/^\/+/, ''));
        const paths =
          names.length === 0
            ? [base]
            : await Promise.all(names.map((name) => findFile(place.streamer, base, name, true, signal)));
        return await openPicked(source, place, paths, filterFn);
      } catch (error) {
        await place.streamer.close();
        throw error;
      }
    },
  };
}

function ofLocalFiles(command: Command, files: readonly string[], signal: AbortSignal): ViewedPlace {
  const paths = files.map((file) => resolve(/^file:/i.test(file) ? pathOf(file) : file));
  const folder = commonFolder(paths.map((path) => dirname(path)));
  const source = resolveSource(command, folder, signal);
  return {
    title: files.length === 1 ? basename(paths[0] as string) : folder,
    open: (filterFn) => {
      const inner = new LocalSource({ sourceUrl: folder });
      const below = paths.map((path) => path.slice(folder.length).replaceAll(sep, '/').replace(/^\/+/, ''));
      const picked = new PickedSource(inner, below, () => inner[Symbol.asyncDispose]());
      return VascuDataset.open({ ...ownOptions(source), source: picked, filterFn });
    },
  };
}

function openPicked(
  source: ResolvedSource,
  { streamer }: OpenedPlace,
  paths: readonly string[],
  filterFn: FilterFn | undefined,
): Promise<VascuDataset> {
  const picked = new PickedSource(streamer.source, paths, () => streamer.close());
  return VascuDataset.open({ ...ownOptions(source), source: picked, filterFn });
}

/** Picks the options that are of no kind of place: archives are opened by the source that files are picked of. */
function ownOptions(
  source: ResolvedSource,
): Omit<Parameters<typeof VascuDataset.open>[0], 'source' | 'sourceUrl'> {
  const { cacheDir, maxCacheSize, oversized, tries, idleTimeoutMs, metadata, sidecars, signal } =
    source.options;
  const time = timeOf(source);
  return { cacheDir, maxCacheSize, oversized, tries, idleTimeoutMs, metadata, sidecars, time, signal };
}

/** Reads which steps are looked at: each by itself, also where windows are wished. */
function timeOf({ options: { time } }: ResolvedSource): ResolvedSource['options']['time'] {
  return typeof time === 'object' ? { ...time, window: undefined } : time;
}

/** Finds the deepest folder that holds all folders. */
function commonFolder(folders: readonly string[]): string {
  const [first = sep, ...others] = folders;
  let names = first.split(sep);
  for (const other of others) {
    const parts = other.split(sep);
    const end = names.findIndex((name, at) => name !== parts[at]);
    if (end >= 0) names = names.slice(0, end);
  }
  return names.join(sep) || sep;
}
