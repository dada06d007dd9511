import type { Checksum } from '../core/source.ts';
import type { ColumnReader, ColumnWriter } from './column-file.ts';
import { NumberColumn } from './number-column.ts';
import { TextColumn } from './text-column.ts';

/** Facts of a file of which its version may be made. */
export interface VersionFacts {
  readonly size: number | undefined;
  readonly modified: Date | undefined;
  readonly checksum: Checksum | undefined;
}

/** Ways in which sources make a version of the other facts of a file: it is made anew of these. */
const MADE: readonly ((facts: VersionFacts) => string | undefined)[] = [
  ({ checksum }) => checksum && `${checksum.algorithm}:${checksum.value}`,
  ({ checksum }) => checksum?.value,
  ({ size, modified }) => modified && `listed:${size}-${modified.getTime()}`,
];

const NONE_CODE = 0;
const STORED_CODE = 1;
/** Code of the first of {@link MADE}. */
const FIRST_MADE_CODE = 2;

/** Column of the versions of files: those that are made of other facts of the same file cost a byte. */
export class VersionColumn {
  readonly #codes = new NumberColumn(Uint8Array);
  readonly #texts = new TextColumn();
  /** Place of each row's text among the texts. */
  readonly #places = new NumberColumn(Uint32Array);

  push(version: string | undefined, facts: VersionFacts): void {
    const made = version === undefined ? -1 : MADE.findIndex((make) => make(facts) === version);
    const isStored = version !== undefined && made < 0;
    this.#codes.push(version === undefined ? NONE_CODE : isStored ? STORED_CODE : FIRST_MADE_CODE + made);
    this.#places.push(isStored ? this.#texts.length : 0);
    if (isStored) this.#texts.push(version);
  }

  /** Says whether a version is known. */
  has(row: number): boolean {
    return this.#codes.at(row) !== NONE_CODE;
  }

  at(row: number, facts: VersionFacts): string | undefined {
    const code = this.#codes.at(row);
    if (code === NONE_CODE) return undefined;
    return code === STORED_CODE
      ? this.#texts.at(this.#places.at(row))
      : MADE[code - FIRST_MADE_CODE]?.(facts);
  }

  save(to: ColumnWriter): void {
    for (const column of [this.#codes, this.#texts, this.#places]) column.save(to);
  }

  /** Fills an empty column with what {@link VersionColumn.save} has written. */
  load(from: ColumnReader): void {
    for (const column of [this.#codes, this.#texts, this.#places]) column.load(from);
  }
}
