import { styleText } from 'node:util';

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right' | undefined;
  /** Least width; a table whose rows come one by one has no other. @defaultValue as wide as its cells */
  readonly width?: number | undefined;
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}

/** One line of a table: cells padded to the widths of their columns, two spaces between them. */
export function formatRow(columns: readonly Column[], cells: readonly string[]): string {
  return columns
    .map(({ width = 0, align }, index) => pad(cells[index] ?? '', width, align))
    .join('  ')
    .trimEnd();
}

/** The titles of the columns, as a line that stands out on a terminal. */
export function formatHeader(columns: readonly Column[]): string {
  const titles = columns.map(({ title }) => title);
  return styleText('bold', formatRow(columns, titles), { stream: process.stdout });
}

/** A whole table, its columns as wide as what is in them. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const sized = columns.map((column, index) => ({
    ...column,
    width: Math.max(column.title.length, ...rows.map((row) => (row[index] ?? '').length)),
  }));
  return [formatHeader(sized), ...rows.map((row) => formatRow(sized, row))];
}
