import type { Body } from '../core/exact-body.ts';
import type { FileEntry } from '../core/source.ts';
import { type ArchiveTools, keepLater, recallKept } from './archive-tools.ts';
import type { ByteSpace } from './byte-space.ts';
import type { Deflated } from './inflate-stream.ts';
import { InflatedSpace } from './inflated-space.ts';
import { RestartPoints } from './restart-points.ts';
import { resumedBody } from './resumed-body.ts';

const KEPT_NAME = '#size';

/**
 * Opens the file that a gzip file is. Nothing but a pass over it tells its size (the one at its end is modulo 2^32, and
 * of the last of several members); the pass leaves restart points, from which it goes on where it broke, and its result
 * is kept.
 *
 * @param path - of the file that it is
 * @param measure - reads what comes by on a pass over all of it, if there has to be one, and returns how many bytes that
 *   were; where it is left out the pass goes on from the last restart point
 */
export async function openGzip(
  packed: ByteSpace,
  path: string,
  tools: ArchiveTools,
  signal: AbortSignal,
  measure?: (body: Body) => Promise<number>,
): Promise<{ readonly entry: FileEntry; readonly space: ByteSpace }> {
  const { keeper, lot, maxBytes } = tools;
  const version = `${packed.version}-gz`;
  const data: Omit<Deflated, 'size'> = {
    path: packed.path,
    framing: 'gzip',
    packedSize: packed.size,
    crc: undefined,
    maxBytes: maxBytes(packed.size),
    points: new RestartPoints(keeper, packed.path, version),
    openPacked: (range, aborted) => packed.open(range, aborted),
  };
  const kept = await recallKept(tools, packed.path + KEPT_NAME, version, signal);
  const recalled = kept === undefined ? Number.NaN : Number(new TextDecoder().decode(kept));
  let size = recalled;
  if (!Number.isSafeInteger(size)) {
    const unknown = { path, size: Number.MAX_SAFE_INTEGER, version };
    const whole = new InflatedSpace(unknown, { ...data, size: undefined }, lot);
    const openFrom = async (start: number): Promise<Body> =>
      (await whole.open({ start, end: unknown.size }, signal)).body;
    if (measure !== undefined) size = await measure(resumedBody(openFrom, signal));
    else {
      const start = (await data.points.last(signal))?.output ?? 0;
      size = start + (await countBytes(resumedBody(openFrom, signal, start)));
    }
    keepLater(tools, packed.path + KEPT_NAME, version, new TextEncoder().encode(String(size)));
  }
  const entry: FileEntry = { path, size, version, packedSize: packed.size };
  return { entry, space: new InflatedSpace(entry, { ...data, size }, lot) };
}

async function countBytes(body: Body): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}
