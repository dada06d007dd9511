import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stretch of a file that is made by rule. */
interface RuledStretch {
  readonly start: number;
  readonly end: number;
  /** Gives the 32-bit word at a place of the stretch. */
  readonly word: (at: number) => number;
}

/** Result of many steps whose bytes nobody holds: a server makes those that are asked for. */
export interface HugeResult {
  readonly url: string;
  readonly size: number;
  /** Bytes of points and cells. */
  readonly meshBytes: number;
  readonly headBytes: number;
  /** Requests that were answered, by their ranges. */
  readonly requests: { readonly start: number; readonly end: number }[];
  close(): Promise<void>;
}

const COMPONENTS = { pressure: 1, velocity: 3, wss: 3 } as const;

/** Value of an array: it names step, node and component. */
export function hugeValue(name: keyof typeof COMPONENTS, step: number, at: number): number {
  return Math.fround(((at * 7 + step * 131 + name.length * 17) % 65_521) / 8);
}

/** Serves a raw result of so many points whose arrays are called `NAME_00100`, interleaved by step, the mesh behind them. */
export async function serveHugeResult(points: number, steps: readonly number[]): Promise<HugeResult> {
  const cells = 1000;
  const stretches: RuledStretch[] = [];
  const tags: string[] = [];
  let offset = 0;
  const float = new Float32Array(1);
  const word = new Int32Array(float.buffer);
  const add = (tag: string, bytes: number, valueAt: (at: number) => number): void => {
    tags.push(`<DataArray ${tag} format="appended" offset="${offset}"/>`);
    stretches.push({
      start: offset,
      end: offset + 8 + bytes,
      word: (at) => (at === 0 ? bytes : at === 1 ? 0 : valueAt(at - 2)),
    });
    offset += 8 + bytes;
  };
  const asFloat = (value: number): number => {
    float[0] = value;
    return word[0] as number;
  };
  for (const step of steps)
    for (const [name, components] of Object.entries(COMPONENTS))
      add(
        `type="Float32" Name="${name}_${String(step).padStart(5, '0')}" NumberOfComponents="${components}"`,
        4 * points * components,
        (at) => asFloat(hugeValue(name as keyof typeof COMPONENTS, step, at)),
      );
  const fields = tags.splice(0);
  const firstOfMesh = offset;
  add('type="Float32" Name="Points" NumberOfComponents="3"', 12 * points, (at) => asFloat(at % 1013));
  const [place] = tags.splice(0);
  add('type="Int32" Name="connectivity"', 16 * cells, (at) => (at * 31) % points);
  add('type="Int32" Name="offsets"', 4 * cells, (at) => 4 * (at + 1));
  add('type="Int32" Name="types"', 4 * cells, () => 10);
  const head = new TextEncoder().encode(
    `<?xml version="1.0"?>\n<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n<UnstructuredGrid><Piece NumberOfPoints="${points}" NumberOfCells="${cells}">\n<PointData>\n${fields.join('\n')}\n</PointData>\n<Points>${place}</Points>\n<Cells>${tags.join('\n')}</Cells>\n</Piece></UnstructuredGrid>\n<AppendedData encoding="raw">\n_`,
  );
  const tail = new TextEncoder().encode('\n</AppendedData>\n</VTKFile>\n');
  const size = head.length + offset + tail.length;
  const bytesOf = (start: number, end: number): Uint8Array => {
    const bytes = new Uint8Array(end - start);
    let at = start;
    while (at < end) {
      const inData = at - head.length;
      if (inData < 0) {
        const part = head.subarray(at, Math.min(head.length, end));
        bytes.set(part, at - start);
        at += part.length;
      } else if (inData >= offset) {
        bytes.set(tail.subarray(inData - offset, inData - offset + end - at), at - start);
        at = end;
      } else {
        const stretch = stretches[findStretch(stretches, inData)] as RuledStretch;
        const stop = Math.min(stretch.end, end - head.length);
        const first = Math.floor((inData - stretch.start) / 4);
        const last = Math.ceil((stop - stretch.start) / 4);
        const words = Int32Array.from({ length: last - first }, (_, index) => stretch.word(first + index));
        const from = inData - stretch.start - 4 * first;
        bytes.set(new Uint8Array(words.buffer, from, stop - inData), at - start);
        at += stop - inData;
      }
    }
    return bytes;
  };
  const requests: { readonly start: number; readonly end: number }[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/files.jsonl') {
      response.end(`${JSON.stringify({ path: 'case.vtu', size, modified: '2026-01-01T00:00:00Z' })}\n`);
      return;
    }
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined || request.method === 'HEAD') {
      response.writeHead(200, { 'content-length': size, etag: '"huge"', 'accept-ranges': 'bytes' }).end();
      return;
    }
    const [start, end] = [Number(from), Number(to) + 1];
    requests.push({ start, end });
    response.writeHead(206, {
      'content-length': end - start,
      'content-range': `bytes ${start}-${end - 1}/${size}`,
      etag: '"huge"',
    });
    response.end(bytesOf(start, end));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    size,
    meshBytes: offset - firstOfMesh,
    headBytes: head.length,
    requests,
    close: () => closeServer(server),
  };
}

function findStretch(stretches: readonly RuledStretch[], at: number): number {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((stretches[middle] as RuledStretch).start <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
