import type { Sample } from '../core/dataset.ts';
import type { Metadata } from '../core/graph.ts';
import type { FileEntry } from '../core/source.ts';
import { withoutExtension } from '../metadata/sidecar.ts';
import { lazyArray } from './lazy-array.ts';
import type { SampleMetadata } from './read-metadata.ts';
import { checkIndex, type SampleEntries, type SamplePart } from './sample-files.ts';
import type { SampleGroups } from './sample-groups.ts';
import type { ListedSamples } from './sample-listing.ts';
import type { SeriesPart, StepSource } from './time/time-series.ts';

/** Parts of a {@link SampleTable}; samples are those of the listing, before the filter. */
export interface SampleColumns extends ListedSamples {
  /** Rows of the pieces of a sample, by its row. */
  readonly pieces: ReadonlyMap<number, readonly number[]>;
  /** 1 for each sample whose id is its path; undefined where none is. */
  readonly withExtension: Uint8Array | undefined;
  readonly metadata: SampleMetadata;
  /** Groups of files that templates make; undefined where each mesh is a sample. */
  readonly groups?: SampleGroups | undefined;
  /** Samples that the filter keeps; undefined for all. */
  readonly kept: Uint32Array | undefined;
}

/** Place of the graph itself of a sample: its mesh and the pieces of that, of a step also the names of its arrays. */
export type SamplePlace = StepSource & Pick<SeriesPart, 'stepped'>;

/** Samples in columns: each is made when it is looked at. */
export class SampleTable implements SampleEntries {
  readonly #columns: SampleColumns;

  constructor(columns: SampleColumns) {
    this.#columns = columns;
  }

  get length(): number {
    const { kept, rows } = this.#columns;
    return (kept ?? rows).length;
  }

  /** Takes samples of these, in an order of their own. @throws RangeError for an index that there is not */
  pick(indices: ArrayLike<number>): SampleTable {
    const kept = Uint32Array.from(indices, (index) => this.#sampleAt(index));
    return new SampleTable({ ...this.#columns, kept });
  }

  /** Gives all samples that were listed, those that the filter has left out among them. */
  all(): SampleTable {
    return new SampleTable({ ...this.#columns, kept: undefined });
  }

  /** Makes a sample. @throws RangeError when `index` is not a whole number in `0 … length − 1` */
  at(index: number): Sample {
    const files = this.ownFilesAt(index);
    const path = this.pathAt(index);
    const own = {
      id: this.idAt(index),
      path,
      size: this.sizeAt(index),
      files,
      metadata: this.metadataAt(index),
    };
    const parts = this.partPathsAt(index);
    const captures = this.capturesAt(index);
    return { ...own, ...(parts && { parts }), ...(captures && { captures }), ...this.timeAt(index) };
  }

  /** Gives the samples as an array whose elements are made when they are looked at, and are the same whenever somebody has them. */
  toArray(): readonly Sample[] {
    return lazyArray(this.length, (index) => this.at(index));
  }

  idAt(index: number): string {
    const { groups } = this.#columns;
    return groups?.hasCaptures === true
      ? groups.idAt(this.#sampleAt(index))
      : this.#pathIdOf(index, this.pathAt(index));
  }

  pathAt(index: number): string {
    return this.#columns.listing.files.pathAt(this.#rowAt(index));
  }

  metadataAt(index: number): Metadata {
    return this.#columns.metadata.at(this.#sampleAt(index));
  }

  filesAt(index: number): readonly FileEntry[] {
    return this.rowsOfFiles(index).map((row) => this.#columns.listing.entryAt(row));
  }

  /** Lists the files of a sample, each once: one that is several parts is listed by `filesAt` for each. */
  ownFilesAt(index: number): readonly FileEntry[] {
    if (this.#columns.groups?.templates.hasParts !== true) return this.filesAt(index);
    return [...new Set(this.rowsOfFiles(index))].map((row) => this.#columns.listing.entryAt(row));
  }

  partsAt(index: number): readonly SamplePart[] | undefined {
    const { groups, listing } = this.#columns;
    if (groups?.templates.hasParts !== true) return undefined;
    return groups.rowsOfParts(this.#sampleAt(index)).map(({ part: { name, graphOf }, row }) => {
      const files = this.#filesOf(row);
      return { name, path: listing.files.pathAt(row), files, ...(graphOf && { graphOf }) };
    });
  }

  /** Finds where the graph itself of a sample lies, without its other parts. */
  placeAt(index: number): SamplePlace {
    const [first] = this.partsAt(index) ?? [];
    return first ?? { path: this.pathAt(index), files: this.filesAt(index) };
  }

  sharedAt(index: number): readonly FileEntry[] | undefined {
    const { groups } = this.#columns;
    if (groups?.hasShared !== true) return undefined;
    const parts = groups.rowsOfParts(this.#sampleAt(index)).filter(({ part }) => groups.isShared(part));
    return parts.flatMap(({ row }) => this.#filesOf(row));
  }

  /** Finds the rows of all files of a sample in the listing. */
  rowsOfFiles(index: number): readonly number[] {
    const { pieces } = this.#columns;
    return this.#rowsAt(index).flatMap((row) => [row, ...(pieces.get(row) ?? [])]);
  }

  /** Gives the paths of the parts of a sample; undefined where samples have no parts. */
  partPathsAt(index: number): Sample['parts'] {
    const { groups, listing } = this.#columns;
    if (groups?.templates.hasParts !== true) return undefined;
    const parts = groups.rowsOfParts(this.#sampleAt(index));
    return Object.fromEntries(parts.map(({ part, row }) => [part.name, listing.files.pathAt(row)]));
  }

  /** Names of the parts that samples may lack. */
  get optionalParts(): readonly string[] {
    const others = this.#columns.groups?.templates.others ?? [];
    return others.filter(({ isOptional }) => isOptional).map(({ name }) => name);
  }

  /** Gives what the template captured of a sample; undefined where there is none. */
  capturesAt(index: number): Sample['captures'] {
    return this.#columns.groups?.capturesAt(this.#sampleAt(index));
  }

  /** Gives the series, steps and times of a sample; undefined where samples are no steps. */
  timeAt(_index: number): Pick<Sample, 'series' | 'steps' | 'times'> | undefined {
    return undefined;
  }

  /** Counts the bytes of the file at a sample's path; of a sample of parts those of all its files. */
  sizeAt(index: number): number {
    const { groups, listing } = this.#columns;
    if (groups?.templates.hasParts === true) return this.bytesAt(index);
    return listing.files.sizeAt(this.#rowAt(index)) ?? 0;
  }

  bytesAt(index: number): number {
    const { groups, listing, pieces } = this.#columns;
    if (groups?.templates.hasParts === true) {
      const rows = [...new Set(this.rowsOfFiles(index))];
      return rows.reduce((sum, row) => sum + (listing.files.sizeAt(row) ?? 0), 0);
    }
    const own = this.#rowAt(index);
    let bytes = listing.files.sizeAt(own) ?? 0;
    for (const piece of pieces.get(own) ?? []) bytes += listing.files.sizeAt(piece) ?? 0;
    return bytes;
  }

  mostBytesOfSeveral(): number {
    const { pieces, groups } = this.#columns;
    const hasParts = groups?.templates.hasParts === true;
    let most = 0;
    for (let index = 0; (hasParts || pieces.size > 0) && index < this.length; index++) {
      if (hasParts || pieces.has(this.#rowAt(index))) most = Math.max(most, this.bytesAt(index));
    }
    return most;
  }

  /** Finds the sidecar of a sample; undefined where it has none. */
  sidecarAt(index: number): FileEntry | undefined {
    const { listing, metadata } = this.#columns;
    const row = metadata.sidecarRow(this.#sampleAt(index));
    return row === undefined ? undefined : listing.entryAt(row);
  }

  /** Lists the files that describe a sample, and not all of them. */
  metadataFilesAt(index: number): readonly FileEntry[] {
    return this.#columns.metadata.filesOf(this.#sampleAt(index));
  }

  #pathIdOf(index: number, path: string): string {
    return this.#columns.withExtension?.[this.#sampleAt(index)] === 1 ? path : withoutExtension(path);
  }

  /** Finds the rows of the meshes of a sample: its own, or those of its parts. */
  #rowsAt(index: number): readonly number[] {
    const { groups } = this.#columns;
    if (groups?.templates.hasParts !== true) return [this.#rowAt(index)];
    return groups.rowsOfParts(this.#sampleAt(index)).map(({ row }) => row);
  }

  /** Makes the entries of a mesh and its pieces. */
  #filesOf(row: number): readonly FileEntry[] {
    const { listing, pieces } = this.#columns;
    return [row, ...(pieces.get(row) ?? [])].map((each) => listing.entryAt(each));
  }

  #rowAt(index: number): number {
    return this.#columns.rows[this.#sampleAt(index)] as number;
  }

  #sampleAt(index: number): number {
    checkIndex(index, this.length);
    return this.#columns.kept?.[index] ?? index;
  }
}
