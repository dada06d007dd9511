import { stripVTControlCharacters, styleText } from 'node:util';
import { wrap } from './wrap.ts';

/** Amount of what is said on standard error. */
export type Loudness = 'quiet' | 'normal' | 'verbose';

let loudness: Loudness = 'normal';

export function setLoudness(to: Loudness): void {
  loudness = to;
}

export function isQuiet(): boolean {
  return loudness === 'quiet';
}

function isVerbose(): boolean {
  return loudness === 'verbose';
}

/**
 * Turns a text into one that a terminal can be trusted with: names of files may hold what would move its cursor or turn
 * it blue.
 */
export function harmless(text: string): string {
  return text.replaceAll(/[^\P{C}\n\t]/gu, '�');
}

/** Counts the columns of a terminal at `stream`; undefined where it is none. A terminal that does not say has 80. */
export function widthOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns || 80 : undefined;
}

/** Block that is drawn on standard error at the moment, and gives way to lines that are written. */
let block: { readonly lines: readonly string[] } | undefined;

/** Writes a line of results. */
export function print(line = ''): void {
  const shown = process.stdout.isTTY ? block : undefined;
  if (shown !== undefined) showBlock([]);
  process.stdout.write(`${line}\n`);
  if (shown !== undefined) showBlock(shown.lines);
}

/** Writes a line of prose: on a terminal that is narrower it is broken between words. */
export function printText(text: string, indent = ''): void {
  for (const line of fit(text, process.stdout, indent)) print(line);
}

/**
 * Breaks a text into its lines on a stream; those that are broken go on below the beginning of theirs, and `indent`.
 */
function fit(text: string, stream: NodeJS.WriteStream, indent = ''): string[] {
  const width = widthOf(stream);
  if (width === undefined) return [text];
  const columns = (part: string): number => stripVTControlCharacters(part).length;
  return text.split('\n').flatMap((line) => {
    const own = /^ */.exec(line)?.[0] ?? '';
    return wrap(line, width, own + indent, columns);
  });
}

/** Writes a value as one JSON document. JSON has no NaN and no infinities: they become texts. */
export function printJson(value: unknown): void {
  print(toJson(value));
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'number' && !Number.isFinite(each) ? String(each) : each,
  );
}

/** Writes a line that is not a result: advice, warnings, a summary. */
export function note(line: string): void {
  writeAside(harmless(line));
}

/** Writes a line whose beginning stands out. */
function noteMarked(style: 'red' | 'yellow' | 'cyan', mark: string, text: string): void {
  writeAside(`${styleText(style, mark, { stream: process.stderr })} ${harmless(text)}`);
}

function writeAside(line: string): void {
  const shown = block;
  showBlock([]);
  for (const each of fit(line, process.stderr)) process.stderr.write(`${each}\n`);
  if (shown !== undefined) showBlock(shown.lines);
}

/** Writes a line that `--quiet` leaves out. */
export function remark(line: string): void {
  if (!isQuiet()) note(line);
}

/** Writes a line that only `--verbose` shows. */
export function detail(line: string): void {
  if (isVerbose()) note(line);
}

export function warn(line: string): void {
  if (!isQuiet()) noteMarked('yellow', 'warning:', line);
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
  noteMarked('red', 'error:', word(text));
  if (advice !== undefined) noteMarked('cyan', 'hint:', advice);
}

/**
 * Time that something may take before it is shown, and pauses until a terminal is drawn again and a log gets a line;
 * milliseconds.
 */
const PATIENCE_MS = 1_000;
const REDRAW_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 10_000;

/**
 * Line that says what is going on for as long as it is: one on a terminal that is drawn again and again once it has
 * taken a second, elsewhere a line each ten seconds, with `--quiet` nothing.
 */
export class Activity implements Disposable {
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param describe - what is going on, after so many seconds */
  constructor(describe: (seconds: number) => string) {
    if (isQuiet()) return;
    const start = performance.now();
    const show = (): void => {
      const elapsedMs = performance.now() - start;
      const text = harmless(describe(Math.round(elapsedMs / 1000)));
      const width = widthOf(process.stderr);
      if (width === undefined) note(text);
      else if (elapsedMs >= PATIENCE_MS) showBlock([[...text].slice(0, width - 1).join('')]);
    };
    this.#timer = setInterval(show, process.stderr.isTTY ? REDRAW_INTERVAL_MS : LOG_INTERVAL_MS);
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    showBlock([]);
  }
}
