import { NetworkError } from '../../core/errors.ts';
import type { HttpResponse } from './exchange-types.ts';

/** What is sent where, without what stays the same over redirects. */
export interface Step {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Headers;
  readonly body: string | Uint8Array | undefined;
}

/** Headers that say what is wanted and nothing of who wants it. */
const HARMLESS = /^(accept|accept-.*|range|if-.*|user-agent|content-type|cache-control)$/;

/**
 * The request that a redirect asks for (RFC 9110, 15.4); `undefined` when the answer is none.
 *
 * @throws NetworkError when it may not be followed: from https to http, to another scheme, with credentials in it
 */
export async function followRedirect(
  step: Step,
  response: HttpResponse,
  what: string,
): Promise<Step | undefined> {
  const { status } = response;
  const location = response.headers.get('location');
  if (![301, 302, 303, 307, 308].includes(status) || location === null) return undefined;
  const refuse = async (why: string): Promise<NetworkError> => {
    await response.discard();
    return new NetworkError(`${what}: ${step.url.host} redirects ${why}.`, { status, retryable: false });
  };
  if (!URL.canParse(location, step.url)) throw await refuse('to what is no URL');
  const url = new URL(location, step.url);
  url.hash = '';
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw await refuse(`to the scheme "${url.protocol}"`);
  if (step.url.protocol === 'https:' && url.protocol === 'http:')
    throw await refuse(`from https to http (${url.host}), where everybody on the way could read along`);
  if (url.username !== '' || url.password !== '')
    throw await refuse('to a URL with a user name or password in it');
  const headers = new Headers(step.headers);
  if (url.origin !== step.url.origin) {
    for (const name of step.headers.keys()) if (!HARMLESS.test(name)) headers.delete(name);
  }
  const becomesGet = status === 303 ? step.method !== 'HEAD' : status <= 302 && step.method === 'POST';
  if (!becomesGet) return { ...step, url, headers };
  headers.delete('content-type');
  return { url, method: 'GET', headers, body: undefined };
}
