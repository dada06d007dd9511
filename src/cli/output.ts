import { styleText } from 'node:util';

/** Writes a line of results. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a line that is not a result: progress, warnings, advice. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Writes what ended the command, with its stack where `verbose`. */
export function reportError(error: unknown, verbose: boolean): void {
  const text =
    error instanceof Error ? ((verbose ? error.stack : undefined) ?? error.message) : String(error);
  note(`${styleText('red', 'error:', { stream: process.stderr })} ${text}`);
}

/** A line on a terminal that is drawn again and again; nothing where standard error is no terminal. */
export class StatusLine implements Disposable {
  #shown = false;
  #last = 0;

  /** Shows `text`, at most ten times a second. */
  update(text: string): void {
    if (!process.stderr.isTTY || performance.now() - this.#last < 100) return;
    this.#last = performance.now();
    this.#shown = true;
    process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  /** Removes the line, so that others can be written. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[2K');
    this.#shown = false;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}
