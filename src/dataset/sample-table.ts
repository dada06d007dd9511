import type { Sample } from '../core/dataset.ts';
import type { Metadata } from '../core/graph.ts';
import type { FileEntry } from '../core/source.ts';
import { withoutExtension } from '../metadata/sidecar.ts';
import { lazyArray } from './lazy-array.ts';
import type { SampleMetadata } from './read-metadata.ts';
import { checkIndex, type SampleEntries } from './sample-files.ts';
import type { ListedSamples } from './sample-listing.ts';

/** Parts of a {@link SampleTable}; samples are those of the listing, before the filter. */
export interface SampleColumns extends ListedSamples {
  /** Rows of the pieces of a sample, by its row. */
  readonly pieces: ReadonlyMap<number, readonly number[]>;
  /** 1 for each sample whose id is its path; undefined where none is. */
  readonly withExtension: Uint8Array | undefined;
  readonly metadata: SampleMetadata;
  /** Samples that the filter keeps; undefined for all. */
  readonly kept: Uint32Array | undefined;
}

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
    const files = this.filesAt(index);
    const [{ path, size }] = files as readonly [FileEntry];
    return { id: this.#idOf(index, path), path, size, files, metadata: this.metadataAt(index) };
  }

  /** Gives the samples as an array whose elements are made when they are looked at, and are the same whenever somebody has them. */
  toArray(): readonly Sample[] {
    return lazyArray(this.length, (index) => this.at(index));
  }

  idAt(index: number): string {
    return this.#idOf(index, this.pathAt(index));
  }

  pathAt(index: number): string {
    return this.#columns.listing.files.pathAt(this.#rowAt(index));
  }

  metadataAt(index: number): Metadata {
    return this.#columns.metadata.at(this.#sampleAt(index));
  }

  filesAt(index: number): readonly FileEntry[] {
    const { listing, pieces } = this.#columns;
    const row = this.#rowAt(index);
    const own = listing.entryAt(row);
    const others = pieces.get(row);
    return others === undefined ? [own] : [own, ...others.map((piece) => listing.entryAt(piece))];
  }

  bytesAt(index: number): number {
    const { listing, pieces } = this.#columns;
    const row = this.#rowAt(index);
    let bytes = listing.files.sizeAt(row) ?? 0;
    for (const piece of pieces.get(row) ?? []) bytes += listing.files.sizeAt(piece) ?? 0;
    return bytes;
  }

  mostBytesOfSeveral(): number {
    const { pieces } = this.#columns;
    let most = 0;
    for (let index = 0; pieces.size > 0 && index < this.length; index++) {
      if (pieces.has(this.#rowAt(index))) most = Math.max(most, this.bytesAt(index));
    }
    return most;
  }

  /** Finds the sidecar of a sample; undefined where it has none. */
  sidecarAt(index: number): FileEntry | undefined {
    const { listing, metadata } = this.#columns;
    const row = metadata.sidecarRow(this.#sampleAt(index));
    return row === undefined ? undefined : listing.entryAt(row);
  }

  #idOf(index: number, path: string): string {
    return this.#columns.withExtension?.[this.#sampleAt(index)] === 1 ? path : withoutExtension(path);
  }

  #rowAt(index: number): number {
    return this.#columns.rows[this.#sampleAt(index)] as number;
  }

  #sampleAt(index: number): number {
    checkIndex(index, this.length);
    return this.#columns.kept?.[index] ?? index;
  }
}
