import type { ServerResponse } from 'node:http';
import type { ErrorStyle, Fault } from './faults.ts';
import type { Content } from './file-tree.ts';

/** What a server, or a proxy before it, makes of `Range`. */
export type RangeStyle =
  | 'honoured'
  | 'ignored' // 200 with the whole file
  | 'shifted' // 206, other bytes than were asked for, and says so
  | 'unlabelled' // 206 with the whole file and no Content-Range
  | 'refused'; // 416

const CHUNK_BYTES = 256 * 1024;

/** Sends an error in place of a file. */
export function sendDownloadError(response: ServerResponse, style: ErrorStyle, code: number): void {
  const json = JSON.stringify({ error: { code }, success: false });
  const answers: Readonly<Record<ErrorStyle, readonly [number, string, string]>> = {
    json: [200, 'application/json; charset="UTF-8"', json],
    text: [200, 'text/plain; charset="UTF-8"', json],
    'json-404': [404, 'application/json', json],
    'html-404': [
      404,
      'text/html',
      '<html><body>Sorry, the page you are looking for is not found.</body></html>',
    ],
    'empty-404': [404, 'text/plain', ''],
    'octet-stream': [200, 'application/octet-stream', json],
  };
  const [status, type, body] = answers[style];
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body);
}

/** Sends a file as an attachment, or the range of it that was asked for. */
export async function sendFile(
  response: ServerResponse,
  file: { readonly name: string; readonly content: Content; readonly attachment: boolean },
  range: string | undefined,
  style: RangeStyle,
  fault: Fault | undefined,
): Promise<void> {
  const { size } = file.content;
  let [start, end] = [0, size];
  let status = 200;
  const headers: Record<string, string> = {
    'Content-Type': file.attachment ? 'application/octet-stream' : 'text/html',
    'X-Content-Type-Options': 'nosniff',
  };
  if (file.attachment) {
    headers['Content-Disposition'] = `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`;
  }
  const asked = range === undefined || style === 'ignored' ? undefined : parseRange(range, size);
  if (asked === 'unsatisfiable' || (asked !== undefined && style === 'refused')) {
    response.writeHead(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': 0 }).end();
    return;
  }
  if (asked !== undefined) {
    status = 206;
    if (style !== 'unlabelled') {
      const shift = style === 'shifted' ? 1 : 0;
      [start, end] = [Math.max(0, asked.start - shift), asked.end - shift];
      headers['Content-Range'] = `bytes ${start}-${end - 1}/${size}`;
    }
  }
  // Without a length and with the connection closed at the end, a body that ends early looks whole.
  if (fault?.kind === 'truncate') {
    headers['Connection'] = 'close';
    response.useChunkedEncodingByDefault = false;
    response.removeHeader('Transfer-Encoding');
  } else headers['Content-Length'] = String(end - start);
  response.writeHead(status, headers);
  await sendBytes(response, file.content, start, end, fault);
}

async function sendBytes(
  response: ServerResponse,
  content: Content,
  start: number,
  end: number,
  fault: Fault | undefined,
): Promise<void> {
  const stopsEarly = fault?.kind === 'cut' || fault?.kind === 'truncate' || fault?.kind === 'stall';
  const last = stopsEarly ? Math.min(end, start + fault.bytes) : end;
  response.flushHeaders();
  for (let at = start; at < last && !response.destroyed; ) {
    let chunk = content.read(at, Math.min(CHUNK_BYTES, last - at));
    if (fault?.kind === 'flip' && fault.at >= at && fault.at < at + chunk.byteLength) {
      chunk = chunk.slice();
      chunk[fault.at - at] = (chunk[fault.at - at] ?? 0) ^ 1;
    }
    at += chunk.byteLength;
    if (!response.write(chunk)) await drained(response);
  }
  if (fault?.kind === 'stall') return;
  if (fault?.kind === 'cut') {
    // What was written goes out first, so that the client has those bytes.
    setImmediate(() => response.destroy());
  } else response.end();
}

/** Resolves when more can be written, or nothing can any more. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}

/** One range of RFC 9110, end exclusive; undefined when it is not one of bytes. */
function parseRange(
  header: string,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === '') return undefined;
  const start = Number(first);
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) };
}
