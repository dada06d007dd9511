import { crc32 } from 'node:zlib';
import type { TimeSlice } from '../../core/time-slice.ts';
import { type HubSnapshot, isSnapshotFile, readSnapshot } from './hub-snapshot.ts';

/** Files of a line. */
const FILES_PER_LINE = 500;

const LINE_FEED_CODE = 10;

/** End of the first line, behind which the files are. */
const BEGIN = '"files":[';

/** Text behind the files. */
const END = ']}';

/** Head of a snapshot as it is written: all but the files, and the CRC-32 of both. */
interface Head extends Omit<HubSnapshot, 'files'> {
  readonly crc: number;
}

/**
 * Writes a snapshot as JSON, a line for some of its files, so that it need not be written or read in one go, with a CRC:
 * a changed size or name would be believed for as long as the commit is the same.
 */
export async function writeSnapshot(
  { files, ...head }: HubSnapshot,
  slice: TimeSlice,
): Promise<Uint8Array<ArrayBuffer>> {
  let crc = crc32(JSON.stringify(head));
  const lines: Buffer[] = [];
  const add = (line: string): void => {
    const bytes = Buffer.from(line);
    crc = crc32(bytes, crc);
    lines.push(bytes);
  };
  for (let from = 0; from < files.length; from += FILES_PER_LINE) {
    const some = JSON.stringify(files.slice(from, from + FILES_PER_LINE)).slice(1, -1);
    add(`${some}${from + FILES_PER_LINE < files.length ? ',' : ''}\n`);
    await slice.pause();
  }
  add(END);
  const checked: Head = { ...head, crc };
  return Buffer.concat([Buffer.from(`${JSON.stringify(checked).slice(0, -1)},${BEGIN}\n`), ...lines]);
}

/**
 * Reads the JSON of a snapshot, also where it is one line, as it was before.
 *
 * @returns undefined when it is none, or damaged, or one of another place or revision than `expected`
 */
export async function parseSnapshot(
  bytes: Buffer,
  expected: Pick<HubSnapshot, 'endpoint' | 'repoId' | 'revision'>,
  slice: TimeSlice,
): Promise<HubSnapshot | undefined> {
  const first = bytes.indexOf(LINE_FEED_CODE);
  const begin = first < 0 ? '' : bytes.toString('utf8', 0, first);
  if (!begin.endsWith(BEGIN)) return readSnapshot(parse(bytes.toString()), expected);
  const checked = readSnapshot(parse(`${begin}]}`), expected) as (HubSnapshot & Head) | undefined;
  if (checked === undefined) return undefined;
  const { crc: wanted, files: _none, ...head } = checked;
  let crc = crc32(JSON.stringify(head));
  const files: HubSnapshot['files'][number][] = [];
  for (let at = first + 1; ; ) {
    const end = bytes.indexOf(LINE_FEED_CODE, at) + 1;
    const line = bytes.subarray(at, end === 0 ? bytes.length : end);
    crc = crc32(line, crc);
    // What is cut has no end.
    if (end === 0) return crc === wanted && line.toString() === END ? { ...head, files } : undefined;
    const some = parse(`[${line.toString().replace(/,?\n$/, '')}]`);
    if (!Array.isArray(some) || !some.every(isSnapshotFile)) return undefined;
    for (const file of some) files.push(file);
    at = end;
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
