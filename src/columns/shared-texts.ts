import type { ColumnReader, ColumnWriter } from './column-file.ts';
import { TextColumn } from './text-column.ts';

/** Most texts that are shared, and the longest. */
const MAX_TEXTS = 2 ** 13;
const MAX_TEXT_LENGTH = 128;

/** Texts that many values have: each is stored once, and made once. */
export class SharedTexts {
  readonly #texts = new TextColumn();
  readonly #numbers = new Map<string, number>();
  readonly #made: string[] = [];

  /** Finds or adds a text; undefined where it is too long, or there are too many. */
  numberOf(text: string): number | undefined {
    if (text.length > MAX_TEXT_LENGTH) return undefined;
    const known = this.#numbers.get(text);
    if (known !== undefined || this.#numbers.size >= MAX_TEXTS) return known;
    const number = this.#texts.length;
    this.#numbers.set(text, number);
    this.#texts.push(text);
    this.#made.push(text);
    return number;
  }

  at(number: number): string {
    return (this.#made[number] ??= this.#texts.at(number));
  }

  save(to: ColumnWriter): void {
    this.#texts.save(to);
  }

  /** Fills empty texts with what {@link SharedTexts.save} has written. */
  load(from: ColumnReader): void {
    this.#texts.load(from);
  }
}
