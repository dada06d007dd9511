import type { TimeSlice } from '../../core/time-slice.ts';
import { type HubSnapshot, isSnapshotFile, readSnapshot } from './hub-snapshot.ts';

/** Files of a line. */
const FILES_PER_LINE = 500;

const LINE_FEED_CODE = 10;

/** End of the first line, behind which the files are. */
const BEGIN = '"files":[';

/** Writes a snapshot as JSON, a line for some of its files, so that it need not be written or read in one go. */
export async function writeSnapshot(
  { files, ...head }: HubSnapshot,
  slice: TimeSlice,
): Promise<Uint8Array<ArrayBuffer>> {
  const lines = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},${BEGIN}\n`)];
  for (let from = 0; from < files.length; from += FILES_PER_LINE) {
    const some = JSON.stringify(files.slice(from, from + FILES_PER_LINE)).slice(1, -1);
    lines.push(Buffer.from(`${some}${from + FILES_PER_LINE < files.length ? ',' : ''}\n`));
    await slice.pause();
  }
  lines.push(Buffer.from(']}'));
  return Buffer.concat(lines);
}

/**
 * Reads the JSON of a snapshot, also where it is one line.
 *
 * @returns undefined when it is none, or one of another place or revision than `expected`
 */
export async function parseSnapshot(
  bytes: Buffer,
  expected: Pick<HubSnapshot, 'endpoint' | 'repoId' | 'revision'>,
  slice: TimeSlice,
): Promise<HubSnapshot | undefined> {
  const first = bytes.indexOf(LINE_FEED_CODE);
  const begin = first < 0 ? '' : bytes.toString('utf8', 0, first);
  if (!begin.endsWith(BEGIN)) return readSnapshot(parse(bytes.toString()), expected);
  const head = readSnapshot(parse(`${begin}]}`), expected);
  if (head === undefined) return undefined;
  const files: HubSnapshot['files'][number][] = [];
  for (let at = first + 1; ; ) {
    const end = bytes.indexOf(LINE_FEED_CODE, at);
    // What is cut has no end.
    if (end < 0) return bytes.toString('utf8', at) === ']}' ? { ...head, files } : undefined;
    const some = parse(`[${bytes.toString('utf8', at, end).replace(/,$/, '')}]`);
    if (!Array.isArray(some) || !some.every(isSnapshotFile)) return undefined;
    files.push(...some);
    at = end + 1;
    await slice.pause();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
