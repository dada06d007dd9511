import { NetworkError } from '../../core/errors.ts';
import type { HttpResponse } from './exchange-types.ts';

/** Request of one step of a redirect, without what stays the same over redirects. */
export interface Step {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Headers, their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Names of the headers that say what is wanted and nothing of who wants it. */
const HARMLESS = /^(accept|accept-.*|range|if-.*|user-agent|content-type|cache-control)$/;

/**
 * Makes the request that a redirect asks for (RFC 9110, 15.4); `undefined` when the answer is none.
 *
 * @throws NetworkError when it may not be followed: from https to http, to another scheme, with credentials in it
 */
export async function followRedirect(
  step: Step,
  response: HttpResponse,
  label: string,
): Promise<Step | undefined> {
  const { status } = response;
  if (![301, 302, 303, 307, 308].includes(status)) return undefined;
  const location = response.headers.get('location');
  if (location === null) return undefined;
  const refuse = async (why: string): Promise<NetworkError> => {
    await response.discard();
    return new NetworkError(`${label}: ${step.url.host} redirects ${why}.`, { status, retryable: false });
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
  const sameOrigin = url.origin === step.url.origin;
  const headers = Object.fromEntries(
    Object.entries(step.headers).filter(([name]) => sameOrigin || HARMLESS.test(name)),
  );
  const becomesGet = status === 303 ? step.method !== 'HEAD' : status <= 302 && step.method === 'POST';
  if (!becomesGet) return { ...step, url, headers };
  delete headers['content-type'];
  return { url, method: 'GET', headers, body: undefined };
}
