import { styleText } from 'node:util';

/** How much is said on standard error. */
export type Loudness = 'quiet' | 'normal' | 'verbose';

let loudness: Loudness = 'normal';

export function setLoudness(to: Loudness): void {
  loudness = to;
}

export function isQuiet(): boolean {
  return loudness === 'quiet';
}

export function isVerbose(): boolean {
  return loudness === 'verbose';
}

/** Text that a terminal can be trusted with: names of files may hold what would move its cursor or turn it blue. */
export function harmless(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, '�');
}

/** Columns of a terminal at `stream`; undefined where it is none. A terminal that does not say has 80. */
export function widthOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns || 80 : undefined;
}

/** Writes a line of results. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a value as one JSON document. JSON has no NaN and no infinities: they become texts. */
export function printJson(value: unknown): void {
  print(toJson(value));
}

export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
  );
}

/** What is drawn on standard error at the moment, and gives way to lines that are written there. */
let block: { readonly lines: readonly string[] } | undefined;

/** Writes a line that is not a result: advice, warnings, a summary. */
export function note(line: string): void {
  const shown = block;
  showBlock([]);
  process.stderr.write(`${harmless(line)}\n`);
  if (shown !== undefined) showBlock(shown.lines);
}

/** A line that `--quiet` leaves out. */
export function remark(line: string): void {
  if (!isQuiet()) note(line);
}

/** A line that only `--verbose` shows. */
export function detail(line: string): void {
  if (isVerbose()) note(line);
}

export function warn(line: string): void {
  if (!isQuiet()) note(`${styleText('yellow', 'warning:', { stream: process.stderr })} ${line}`);
}

/** Draws lines on a terminal in place of those that were drawn last; no lines: removes them. */
export function showBlock(lines: readonly string[]): void {
  if (!process.stderr.isTTY) return;
  const up = block === undefined ? '' : `\u001b[${block.lines.length}A\r\u001b[0J`;
  block = lines.length === 0 ? undefined : { lines };
  if (up === '' && block === undefined) return;
  process.stderr.write(up + lines.map((line) => `${line}\n`).join(''));
}

/** Writes what ended the command, with its stack where `--verbose` was given. */
export function reportError(error: unknown, word: (message: string) => string, advice?: string): void {
  const text =
    error instanceof Error ? ((isVerbose() ? error.stack : undefined) ?? error.message) : String(error);
  note(`${styleText('red', 'error:', { stream: process.stderr })} ${word(text)}`);
  if (advice !== undefined) note(`${styleText('cyan', 'hint:', { stream: process.stderr })} ${advice}`);
}

/** A line on a terminal that is drawn again and again; nothing where standard error is no terminal. */
export class StatusLine implements Disposable {
  #last = 0;

  /** Shows `text`, at most ten times a second. */
  update(text: string): void {
    if (isQuiet() || !process.stderr.isTTY || performance.now() - this.#last < 100) return;
    this.#last = performance.now();
    showBlock([harmless(text).slice(0, (widthOf(process.stderr) ?? 80) - 1)]);
  }

  /** Removes the line, so that others can be written. */
  clear(): void {
    showBlock([]);
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
