import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { FaultEffect, HubRoute } from './hub-faults.ts';

/** One request as it arrived. */
export interface HubRequest {
  readonly route: HubRoute;
  readonly method: string;
  /** Path and query as sent, not decoded. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer before ranges, compression and faults. */
export interface HubAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The body is a file: ranges of it can be asked for. */
  readonly isFile?: boolean | undefined;
}

/** What an answer depends on besides its content. */
export interface AnswerRequest {
  readonly method: string;
  readonly range: string | undefined;
  readonly acceptsGzip: boolean;
}

const LOGIN_PAGE = new TextEncoder().encode('<!doctype html><title>Sign in to the network</title>');

export function jsonAnswer(value: unknown, headers: Readonly<Record<string, string>> = {}): HubAnswer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

/** An error as the Hub words it; a code or a message that is not given is not sent. */
export function errorAnswer(status: number, code: string | undefined, message: string): HubAnswer {
  const { headers, body } = jsonAnswer({ error: message });
  const codeHeader: Record<string, string> = code === undefined ? {} : { 'X-Error-Code': code };
  return { status, headers: { ...headers, ...codeHeader, 'X-Error-Message': message }, body };
}

/** A redirect with a text in its body, whose Content-Length says nothing of the file. */
export function redirectAnswer(
  status: number,
  location: string,
  headers: Readonly<Record<string, string>> = {},
): HubAnswer {
  const body = new TextEncoder().encode(`Redirecting to ${location}`);
  return { status, headers: { 'Content-Type': 'text/plain', Location: location, ...headers }, body };
}

/** Sends `answer`, or the part of it that was asked for, with what `fault` does to it. */
export function sendAnswer(
  response: ServerResponse,
  request: AnswerRequest,
  answer: HubAnswer,
  fault: FaultEffect | undefined,
): void {
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const { status, headers, body } = applyFault(takeRange(answer, request, fault), fault);
  if (request.acceptsGzip && answer.isFile === true && status === 200 && fault === undefined) {
    // As a CDN that compresses on the fly: the length is not known.
    const { ETag: etag, ...rest } = headers;
    response.writeHead(status, { ...rest, 'Content-Encoding': 'gzip', ETag: `W/${etag}` });
    response.end(request.method === 'HEAD' ? undefined : gzipSync(body));
    return;
  }
  response.writeHead(status, { ...headers, 'Content-Length': String(body.byteLength) });
  if (request.method === 'HEAD') {
    response.end();
  } else if (fault?.kind === 'cut' || fault?.kind === 'stall') {
    response.write(body.subarray(0, fault.after), () => {
      if (fault.kind === 'cut') response.socket?.destroy();
    });
  } else response.end(body);
}

function takeRange(answer: HubAnswer, request: AnswerRequest, fault: FaultEffect | undefined): HubAnswer {
  const headers = answer.isFile === true ? { 'Accept-Ranges': 'bytes', ...answer.headers } : answer.headers;
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.range ?? '');
  if (answer.isFile !== true || match === null || fault?.kind === 'ignore-range')
    return { ...answer, headers };
  const size = answer.body.byteLength;
  const start = Number(match[1]);
  const end = match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  if (start >= size || end <= start) {
    const body = new TextEncoder().encode('Requested Range Not Satisfiable');
    return { status: 416, headers: { 'Content-Range': `bytes */${size}` }, body };
  }
  const shift = fault?.kind === 'wrong-range' ? fault.shift : 0;
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${start + shift}-${end + shift - 1}/${size}` },
    body: answer.body.subarray(start + shift, end + shift),
  };
}

function applyFault(answer: HubAnswer, fault: FaultEffect | undefined): HubAnswer {
  switch (fault?.kind) {
    case 'status':
      return {
        status: fault.status,
        headers: { 'Content-Type': 'text/plain', ...fault.headers },
        body: new TextEncoder().encode(fault.body ?? 'a fault of the test'),
      };
    case 'html':
      return { status: 200, headers: { 'Content-Type': 'text/html' }, body: LOGIN_PAGE };
    case 'truncate':
      return { ...answer, body: answer.body.subarray(0, fault.to) };
    case 'flip': {
      const body = answer.body.slice();
      body[fault.at] = (body[fault.at] ?? 0) ^ 1;
      return { ...answer, body };
    }
    case 'extra': {
      const body = new Uint8Array(answer.body.byteLength + fault.bytes);
      body.set(answer.body);
      return { ...answer, body };
    }
    default:
      return answer;
  }
}
