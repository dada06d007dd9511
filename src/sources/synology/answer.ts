import { AuthError, NetworkError } from '../../core/errors.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { retryAfterMs } from '../../protocols/http/status.ts';
import { ApiFailure, NoAnswer } from './codes.ts';

/** The data of an answer. */
export type ApiData = Readonly<Record<string, unknown>>;

/** The longest answer that is read, bytes: a page of 1,000 long names is below 2 MiB. */
const MAX_ANSWER_BYTES = 32 * 1024 ** 2;

/**
 * Reads the JSON that every API answers: `{ success: true, data }` or `{ success: false, error: { code } }`.
 * Its Content-Type is not looked at: DSM 5 says text/plain.
 *
 * @param label - what was asked for, for messages
 * @param attempt - from 0: what is not understood twice is not asked for again
 * @throws NetworkError when it is something else: a page of a router, a proxy or a NAS that is starting
 */
export async function readAnswer(
  response: HttpResponse,
  label: string,
  id: string,
  attempt: number,
): Promise<ApiData | ApiFailure> {
  const answer = await tryReadAnswer(response, label, id, attempt);
  return answer instanceof NoAnswer ? answer.explain() : answer;
}

/** Reads as {@link readAnswer} does, but gives what is no answer: it may stand for a session that has ended. */
export async function tryReadAnswer(
  response: HttpResponse,
  label: string,
  id: string,
  attempt: number,
): Promise<ApiData | ApiFailure | NoAnswer> {
  const text = await response.text(MAX_ANSWER_BYTES);
  const answer = parseAnswer(text);
  if (answer !== undefined) return answer;
  return new NoAnswer(response.status, () =>
    Promise.reject(strangeAnswer(response, text, label, id, attempt)),
  );
}

/** Parses an answer; undefined when `text` is no answer of an API. */
export function parseAnswer(text: string): ApiData | ApiFailure | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(answer)) return undefined;
  if (answer['success'] === true) return isRecord(answer['data']) ? answer['data'] : {};
  const error = answer['error'];
  if (!isRecord(error) || typeof error['code'] !== 'number') return undefined;
  const { errors } = error;
  return new ApiFailure(error['code'], Array.isArray(errors) ? (errors as unknown[])[0] : errors);
}

/** Explains what an answer that is none of an API means. */
export function strangeAnswer(
  response: HttpResponse,
  text: string,
  label: string,
  id: string,
  attempt: number,
): Error {
  const { status } = response;
  const asked = `the request for ${label}`;
  if (status === 429 || status >= 500) {
    return new NetworkError(`${id} answered status ${status} to ${asked}.`, {
      status,
      retryAfterMs: retryAfterMs(response.headers),
    });
  }
  if (status === 401 || status === 407) {
    return new AuthError(
      'no-permission',
      `Something before ${id} asks for a sign-in of its own (status ${status} to ${asked}): a proxy or a portal. Use an address that leads straight to DSM.`,
    );
  }
  const page = /<html|<!doctype/i.test(text) ? ' with a web page' : '';
  const title = /<title[^>]*>\s*([^<]{1,80}?)\s*<\/title>/i.exec(text)?.[1];
  const seen = title === undefined ? '' : ` titled ${JSON.stringify(title)}`;
  return new NetworkError(
    `${id} answered status ${status}${page}${seen} to ${asked}: that address is not (only) DSM. Check the port (5000 is http, 5001 is https) and, behind a reverse proxy, the path.`,
    { status, retryable: status < 400 && attempt === 0 },
  );
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
