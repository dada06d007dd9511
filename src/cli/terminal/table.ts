import { styleText } from 'node:util';
import stringWidth from 'string-width';
import { harmless, widthOf } from './output.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right' | undefined;
  /** Least width; a table whose rows come one by one has no other. @defaultValue as wide as its cells */
  readonly width?: number | undefined;
  /** Order in which columns go where there is too little room, the largest first; those without stay. */
  readonly drop?: number | undefined;
  /** Number of characters to which its cells may be cut where there is too little room. @defaultValue they are not */
  readonly least?: number | undefined;
}

const GAP_COLUMNS = 2;

/** Shortens a text to at most `width` columns: what is left out in its middle, where names differ least, is marked. */
export function shorten(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  const characters = [...text];
  let tail = characters.length - Math.ceil((width - 1) / 3);
  while (stringWidth(characters.slice(tail).join('')) < Math.ceil((2 * (width - 1)) / 3) && tail > 0) tail--;
  const end = characters.slice(tail).join('');
  let start = '';
  for (const character of characters) {
    if (stringWidth(start + character) > width - 1 - stringWidth(end)) break;
    start += character;
  }
  return `${start}…${end}`;
}

function pad(text: string, width: number, align: Column['align']): string {
  const gap = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? gap + text : text + gap;
}

/** Writes one line of a table: cells padded to the widths of their columns, two spaces between them. */
export function formatRow(columns: readonly Column[], cells: readonly string[]): string {
  return columns
    .map(({ width = 0, align }, index) => pad(harmless(cells[index] ?? ''), width, align))
    .join(' '.repeat(GAP_COLUMNS))
    .trimEnd();
}

/** Writes the titles of the columns, as a line that stands out on a terminal. */
export function formatHeader(columns: readonly Column[]): string {
  const titles = columns.map(({ title }) => title);
  return styleText('bold', formatRow(columns, titles), { stream: process.stdout });
}

/** Chooses the columns that there is room for, cut where they allow it. */
export function fitColumns<Sized extends Column & { readonly width: number }>(
  columns: readonly Sized[],
  width: number | undefined = widthOf(process.stdout),
): Sized[] {
  let kept = [...columns];
  if (width === undefined) return kept;
  const sum = (sizeOf: (column: Sized) => number): number =>
    kept.reduce((total, column) => total + sizeOf(column) + GAP_COLUMNS, -GAP_COLUMNS);
  while (sum((column) => Math.min(column.width, column.least ?? column.width)) > width) {
    const last = kept
      .filter(({ drop }) => drop !== undefined)
      .toSorted((a, b) => (b.drop ?? 0) - (a.drop ?? 0))[0];
    if (last === undefined) break;
    kept = kept.filter((column) => column !== last);
  }
  for (;;) {
    const excess = sum((column) => column.width) - width;
    const widest = kept
      .filter((column) => column.least !== undefined && column.width > column.least)
      .toSorted((a, b) => b.width - a.width)[0];
    if (excess <= 0 || widest === undefined) return kept;
    const cut = { ...widest, width: widest.width - Math.min(excess, widest.width - (widest.least ?? 0)) };
    kept = kept.map((column) => (column === widest ? cut : column));
  }
}

/**
 * Writes a whole table, its columns as wide as what is in them. On a terminal it keeps to its width: columns are left
 * out and cells cut as the columns allow. Elsewhere nothing is.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined = widthOf(process.stdout),
): string[] {
  const sized = columns.map((column, index) => {
    const widths = rows.map((row) => stringWidth(harmless(row[index] ?? '')));
    return { ...column, index, width: widths.reduce((a, b) => Math.max(a, b), stringWidth(column.title)) };
  });
  const kept = fitColumns(sized, width);
  const cellsOf = (row: readonly string[]): string[] =>
    kept.map((column) => {
      const text = harmless(row[column.index] ?? '');
      return column.least === undefined ? text : shorten(text, column.width);
    });
  const titled = kept.map((column) => ({ ...column, title: column.title.slice(0, column.width) }));
  return [formatHeader(titled), ...rows.map((row) => formatRow(kept, cellsOf(row)))];
}
