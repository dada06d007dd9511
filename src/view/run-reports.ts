import { open } from 'node:fs/promises';
import type { ReportPage, RunFigures } from './view-protocol.ts';

/** Bytes of a report that are read at a time: of a longer one the end. */
const MAX_READ_BYTES = 1024 ** 2;
/** Byte that ends a line. */
const NEWLINE_BYTE = 0x0a;

/** Line of a report as `DataLoader` writes it; of another program's nothing is taken for granted. */
type Line = Readonly<Record<string, unknown>>;

/** Reads what a run has written since a place in its report; a file that is not there yet has no lines. */
export async function readReport(path: string, from: number): Promise<ReportPage> {
  let bytes: Uint8Array;
  let start = from;
  let isAnew = false;
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size < from) {
      start = 0;
      isAnew = true;
    }
    if (size - start > MAX_READ_BYTES) start = size - MAX_READ_BYTES;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    bytes = buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { figures: [], next: 0, isAnew: from > 0, hasEnded: false };
  }
  // Of a file that is looked into in its middle the first line is half a one.
  const begin = start > from ? bytes.indexOf(NEWLINE_BYTE) + 1 : 0;
  const end = bytes.lastIndexOf(NEWLINE_BYTE) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(begin, end)).split('\n').flatMap(parseLine);
  // Runs are written one behind the other: the last one is shown.
  const last = lines.findLastIndex((line) => line['event'] === 'begin');
  const run = last > 0 ? lines.slice(last) : lines;
  return {
    figures: run.flatMap(figuresOf),
    next: start + end,
    isAnew: isAnew || (from > 0 && last >= 0),
    hasEnded: run.at(-1)?.['event'] === 'end',
  };
}

function parseLine(text: string): Line[] {
  if (text.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? [value as Line] : [];
  } catch {
    return [];
  }
}

function figuresOf(line: Line): RunFigures[] {
  const { elapsedMs, samples, waitMs, consumerMs, ready, boundBy } = line;
  if (typeof elapsedMs !== 'number' || typeof samples !== 'number') return [];
  const [wait, consume] = [numberOr(waitMs, 0), numberOr(consumerMs, 0)];
  const { hits, misses } = (line['dataset'] ?? {}) as Line;
  const files = numberOr(hits, 0) + numberOr(misses, 0);
  return [
    {
      seconds: elapsedMs / 1000,
      samples,
      samplesPerSecond: numberOr(line['samplesPerSecond'], 0),
      megabytesPerSecond: numberOr(line['megabytesPerSecond'], 0),
      waiting: wait + consume === 0 ? 0 : wait / (wait + consume),
      readyAhead: numberOr(ready, 0),
      cacheHits: files === 0 ? undefined : numberOr(hits, 0) / files,
      boundBy: isBound(boundBy) ? boundBy : undefined,
    },
  ];
}

function numberOr(value: unknown, other: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : other;
}

function isBound(value: unknown): value is NonNullable<RunFigures['boundBy']> {
  return value === 'network' || value === 'decode' || value === 'consumer';
}
