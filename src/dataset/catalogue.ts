import { countArchives } from '../core/archive-name.ts';
import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { describeLeftOut } from '../core/left-out.ts';
import { mapLimited } from '../core/limit.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, LeftOut } from '../core/source.ts';
import { isCollection, isMeshPath, listReferences } from '../formats/registry.ts';
import { sidecarOf, withoutExtension } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { noSamples } from './no-samples.ts';
import { readMetadata, rootFiles } from './read-metadata.ts';

/** Says of a sample, by its metadata, whether it belongs to the dataset. */
export type FilterFn = (metadata: Metadata) => boolean | Promise<boolean>;

/** Contents of a source as far as they are known without reading a mesh. */
export interface Catalogue {
  /** Sorted by path. */
  readonly samples: readonly Sample[];
  /** Sidecar of each sample; undefined where it has none. */
  readonly sidecars: readonly (FileEntry | undefined)[];
  /** Files that belong to no sample alone: the metadata of the whole dataset. */
  readonly commonFiles: readonly FileEntry[];
  /** Folder in which the samples lie: empty, or with `/` at its end. */
  readonly folder: string;
  /** Entries that the listing passed over. */
  readonly leftOut: readonly LeftOut[];
}

/** Options of {@link findSamples}. */
export interface CatalogueOptions {
  /** Folder inside the source. */
  readonly sourceDir: string | undefined;
  readonly filterFn: FilterFn | undefined;
}

/** Number of `.pvtu` and `.pvtp` files that are looked into at a time. */
const COLLECTION_CONCURRENCY = 32;

/**
 * Finds every mesh file of a source, sorted by path, with its metadata. A file that a `.pvtu` or `.pvtp` names as its
 * piece is a part of that sample and none of its own.
 *
 * @throws NotFoundError when there is no mesh file at all
 */
export async function findSamples(
  streamer: DataStreamer,
  options: CatalogueOptions,
  signal: AbortSignal,
): Promise<Catalogue> {
  const folder = toPrefix(options.sourceDir);
  const leftOut: LeftOut[] = [];
  const onLeftOut = (each: LeftOut): void => void leftOut.push(each);
  const entries = await streamer.listFiles({ prefix: folder, onLeftOut, signal });
  const passedOver = describeLeftOut(leftOut);
  const meshes = entries.filter(({ path }) => isMeshPath(path));
  if (meshes.length === 0) {
    const archives = countArchives(entries.map(({ path }) => path));
    const found = { folder, files: entries.length, archives, passedOver };
    throw await noSamples(streamer.source, found, signal);
  }
  if (passedOver !== undefined) {
    process.emitWarning(passedOver, { type: 'VascuSimWarning', code: 'VASCUSIM_LEFT_OUT' });
  }
  const pieces = await findPieces(streamer, meshes, signal);
  const parts = new Set([...pieces.values()].flat().map(({ path }) => path));
  const own = meshes.filter(({ path }) => !parts.has(path));
  const paths = own.map(({ path }) => path);
  const ids = toIds(paths);
  const metadata = await readMetadata(streamer, folder, entries, paths, signal);
  const others = new Map(entries.map((entry) => [entry.path, entry]));
  const samples: Sample[] = [];
  const sidecars: (FileEntry | undefined)[] = [];
  for (const [index, entry] of own.entries()) {
    const { path, size } = entry;
    const files = [entry, ...(pieces.get(path) ?? [])];
    const sample: Sample = { id: ids[index] ?? path, path, size, files, metadata: metadata[index] ?? {} };
    signal.throwIfAborted();
    if (options.filterFn !== undefined && !(await options.filterFn(sample.metadata))) continue;
    samples.push(sample);
    sidecars.push(others.get(sidecarOf(path)));
  }
  const commonFiles = rootFiles(folder).flatMap((path) => others.get(path) ?? []);
  return { samples, sidecars, commonFiles, folder, leftOut };
}

function toPrefix(sourceDir: string | undefined): string {
  const given = (sourceDir ?? '').replace(/^[/\\]+|[/\\]+$/g, '');
  if (given === '' || given === '.') return '';
  const folder = resolveSibling('', given);
  if (folder !== undefined) return `${folder}/`;
  throw new ConfigError('sourceDir', `sourceDir ${showValue(sourceDir)} leads out of the source.`);
}

/** Finds the pieces of each `.pvtu` and `.pvtp` that are there, by its path. */
async function findPieces(
  streamer: DataStreamer,
  meshes: readonly FileEntry[],
  signal: AbortSignal,
): Promise<Map<string, FileEntry[]>> {
  const collections = meshes.filter(({ path }) => isCollection(path));
  if (collections.length === 0) return new Map();
  const byPath = new Map(meshes.map((entry) => [entry.path, entry]));
  const found = await mapLimited(collections, COLLECTION_CONCURRENCY, async (entry) => {
    const { path } = entry;
    const content = await streamer.readWhole(path, { entry, signal });
    const pieces = listReferences(content, path).flatMap((piece) => byPath.get(piece) ?? []);
    return [path, pieces.filter((piece) => !isCollection(piece.path))] as const;
  });
  return new Map(found);
}

/** Names samples by paths without their extensions; with them where two samples differ in nothing else. */
function toIds(paths: readonly string[]): string[] {
  const count = new Map<string, number>();
  for (const path of paths) {
    const id = withoutExtension(path);
    count.set(id, (count.get(id) ?? 0) + 1);
  }
  return paths.map((path) => (count.get(withoutExtension(path)) === 1 ? withoutExtension(path) : path));
}
