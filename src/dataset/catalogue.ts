import { countArchives } from '../core/archive-name.ts';
import type { Sample } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import type { Metadata } from '../core/graph.ts';
import { describeLeftOut } from '../core/left-out.ts';
import { mapLimited } from '../core/limit.ts';
import { resolveSibling } from '../core/safe-path.ts';
import { showValue } from '../core/show-value.ts';
import type { FileEntry, LeftOut } from '../core/source.ts';
import { isMeshPath } from '../formats/registry.ts';
import { isCollection, listPieces } from '../formats/vtk-xml/pieces.ts';
import { sidecarOf, withoutExtension } from '../metadata/sidecar.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { noSamples } from './no-samples.ts';
import { readMetadata, rootFiles } from './read-metadata.ts';

/** Says of a sample, by its metadata, whether it belongs to the dataset. */
export type FilterFn = (metadata: Metadata) => boolean | Promise<boolean>;

/** What a dataset knows of a source without reading a mesh. */
export interface Catalogue {
  /** Sorted by path. */
  readonly samples: readonly Sample[];
  /** Of each `.pvtu` and `.pvtp`, by its path: the paths of its pieces that are there. */
  readonly pieces: ReadonlyMap<string, readonly string[]>;
  /** The mesh files, with the versions that were listed, by path. */
  readonly files: ReadonlyMap<string, FileEntry>;
  /** The sidecars of samples and the metadata files at the root, by path. */
  readonly metadataFiles: ReadonlyMap<string, FileEntry>;
  /** In which the samples lie: empty, or with `/` at its end. */
  readonly folder: string;
  /** What the listing passed over. */
  readonly leftOut: readonly LeftOut[];
}

/** What {@link findSamples} looks for. */
export interface CatalogueOptions {
  /** Folder inside the source. */
  readonly sourceDir: string | undefined;
  readonly filterFn: FilterFn | undefined;
}

/** How many `.pvtu` and `.pvtp` files are looked into at a time. */
const COLLECTION_CONCURRENCY = 32;

/**
 * Every mesh file of a source, sorted by path, with its metadata. A file that a `.pvtu` or `.pvtp` names as its
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
  const files = new Map(meshes.map((entry) => [entry.path, entry]));
  const pieces = await findPieces(streamer, files, signal);
  const parts = new Set([...pieces.values()].flat());
  const own = meshes.filter(({ path }) => !parts.has(path));
  const ids = toIds(own.map(({ path }) => path));
  const metadata = await readMetadata(
    streamer,
    folder,
    entries,
    own.map(({ path }) => path),
    signal,
  );
  const samples: Sample[] = [];
  for (const [index, { path, size }] of own.entries()) {
    const sample: Sample = { id: ids[index] ?? path, path, size, metadata: metadata[index] ?? {} };
    signal.throwIfAborted();
    if (options.filterFn === undefined || (await options.filterFn(sample.metadata))) samples.push(sample);
  }
  const names = new Set([...own.map(({ path }) => sidecarOf(path)), ...rootFiles(folder)]);
  const metadataFiles = new Map(
    entries.filter(({ path }) => names.has(path)).map((entry) => [entry.path, entry]),
  );
  return { samples, pieces, files, metadataFiles, folder, leftOut };
}

function toPrefix(sourceDir: string | undefined): string {
  const given = (sourceDir ?? '').replace(/^[/\\]+|[/\\]+$/g, '');
  if (given === '' || given === '.') return '';
  const folder = resolveSibling('', given);
  if (folder !== undefined) return `${folder}/`;
  throw new ConfigError('sourceDir', `sourceDir ${showValue(sourceDir)} leads out of the source.`);
}

async function findPieces(
  streamer: DataStreamer,
  files: ReadonlyMap<string, FileEntry>,
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const collections = [...files.values()].filter(({ path }) => isCollection(path));
  const found = await mapLimited(collections, COLLECTION_CONCURRENCY, async (entry) => {
    const { path } = entry;
    const text = new TextDecoder().decode(await streamer.readWhole(path, { entry, signal }));
    const pieces = listPieces(text, path).filter((piece) => files.has(piece) && !isCollection(piece));
    return [path, pieces] as const;
  });
  return new Map(found);
}

/** Paths without their extensions; with them where two samples differ in nothing else. */
function toIds(paths: readonly string[]): string[] {
  const count = new Map<string, number>();
  for (const path of paths) {
    const id = withoutExtension(path);
    count.set(id, (count.get(id) ?? 0) + 1);
  }
  return paths.map((path) => (count.get(withoutExtension(path)) === 1 ? withoutExtension(path) : path));
}
