import type { Sample } from '../core/dataset.ts';
import type { Metadata } from '../core/graph.ts';
import type { FileEntry } from '../core/source.ts';
import type { SampleTable } from './sample-table.ts';

/** Symbol by which Node.js asks an object how it is shown. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Sample that a filter is asked of: what it is besides its metadata is made when it is looked at, which most filters do not. */
export class OfferedSample implements Sample {
  readonly #table: SampleTable;
  readonly #index: number;
  readonly metadata: Metadata;

  constructor(table: SampleTable, index: number, metadata: Metadata) {
    this.#table = table;
    this.#index = index;
    this.metadata = metadata;
  }

  get id(): string {
    return this.#table.idAt(this.#index);
  }

  get path(): string {
    return this.#table.pathAt(this.#index);
  }

  get size(): number {
    return this.#table.sizeAt(this.#index);
  }

  get files(): readonly FileEntry[] {
    return this.#table.ownFilesAt(this.#index);
  }

  get parts(): Sample['parts'] {
    return this.#table.partPathsAt(this.#index);
  }

  get captures(): Sample['captures'] {
    return this.#table.capturesAt(this.#index);
  }

  get series(): Sample['series'] {
    return this.#table.timeAt(this.#index)?.series;
  }

  get steps(): Sample['steps'] {
    return this.#table.timeAt(this.#index)?.steps;
  }

  get times(): Sample['times'] {
    return this.#table.timeAt(this.#index)?.times;
  }

  /** Makes the plain object that the dataset's `samples` have. */
  toJSON(): Sample {
    const { id, path, size, files, parts, captures, metadata } = this;
    const time = this.#table.timeAt(this.#index);
    return {
      id,
      path,
      size,
      files,
      metadata,
      ...(parts && { parts }),
      ...(captures && { captures }),
      ...time,
    };
  }
}

Object.defineProperty(OfferedSample.prototype, INSPECT, {
  value(this: OfferedSample) {
    return this.toJSON();
  },
});
