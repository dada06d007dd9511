import { abortable, linkSignals } from '../core/abort.ts';
import { wait } from '../core/retry.ts';
import type { SourceFile } from '../core/source.ts';

/** An opened file whose first bytes are here. */
export interface Arriving {
  readonly file: SourceFile;
  readonly reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  /** The first chunk; undefined where the file has no bytes. */
  readonly first: Uint8Array<ArrayBuffer> | undefined;
}

/** Opens a file under a signal. */
export type OpenFile = (signal: AbortSignal) => Promise<SourceFile>;

/**
 * Opens a file and waits for its first bytes. Where they take longer than `slowMs` the file is asked for a second
 * time, and whichever answers first is used; the other is given up (a hedged request: Dean and Barroso, The Tail at
 * Scale, 2013).
 *
 * @param slowMs - undefined: it is asked for once
 */
export async function openHedged(
  open: OpenFile,
  slowMs: number | undefined,
  signal: AbortSignal,
): Promise<Arriving> {
  if (slowMs === undefined) return begin(open, signal);
  const attempts = [new AbortController(), new AbortController()] as const;
  const links = attempts.map((attempt) => linkSignals(signal, attempt.signal));
  const unneeded = new Error('The other of two requests was faster.');
  let hedged = false;
  const start = (at: 0 | 1): Promise<{ readonly at: 0 | 1; readonly arriving: Arriving }> =>
    begin(open, (links[at] as { signal: AbortSignal }).signal).then((arriving) => ({ at, arriving }));
  const early = start(0);
  const late = wait(slowMs, links[1]?.signal).then(() => {
    hedged = true;
    return start(1);
  });
  // The first attempt's failure is the answer as long as there is no second one.
  const failed = early.catch((error: unknown) => {
    if (!hedged) attempts[1].abort(error);
    throw error;
  });
  try {
    const { at, arriving } = await abortable(Promise.any([failed, late]), signal);
    attempts[at === 0 ? 1 : 0].abort(unneeded);
    discard(at === 0 ? late : early);
    return arriving;
  } catch (error) {
    for (const attempt of attempts) attempt.abort(unneeded);
    discard(early);
    discard(late);
    throw error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  }
}

async function begin(open: OpenFile, signal: AbortSignal): Promise<Arriving> {
  const opening = open(signal);
  const file = await abortable(opening, signal).catch((error: unknown) => {
    // It may still open, after nobody waits for it any more.
    opening.then(({ body }) => body.cancel()).catch(() => undefined);
    throw error;
  });
  const reader = file.body.getReader();
  try {
    const { value } = await abortable(reader.read(), signal);
    return { file, reader, first: value };
  } catch (error) {
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
}

/** Gives up an attempt that nobody waits for, also when it comes through after all. */
function discard(attempt: Promise<{ readonly arriving: Arriving }>): void {
  attempt.then(({ arriving }) => arriving.reader.cancel()).catch(() => undefined);
}
