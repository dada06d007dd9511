import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ViewRefusal } from './view-fault.ts';

/** Bytes of a token: 128 bits. */
const TOKEN_BYTES = 16;

/** Names by which this machine reaches its own servers, with any port: `ssh -L` may have another one there. */
const OWN_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Headers of every answer. */
export const DOOR_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Door of the server: who may come in. Whoever has the token gets a cookie, by which the page is known from then on. */
export class ViewDoor {
  readonly token: string = randomBytes(TOKEN_BYTES).toString('base64url');
  /** Name of this run of the server. The port does not tell it from others: behind `ssh -L` that is the browser's. */
  readonly session: string = randomBytes(8).toString('hex');

  /**
   * Makes sure that a request was sent by this page, or by nobody's: a page of a foreign name may reach this machine.
   *
   * @param isPage - whether the page itself is asked for, which links elsewhere may lead to
   * @throws ViewRefusal
   */
  requireOwnPage(headers: IncomingHttpHeaders, isPage: boolean): void {
    const { host = '', origin } = headers;
    if (!OWN_HOST.test(host)) {
      throw new ViewRefusal(
        'HOST',
        'This server answers to localhost, 127.0.0.1 and [::1] alone: open the address that vascusim view printed.',
      );
    }
    const isOpened = isPage && headers['sec-fetch-mode'] === 'navigate' && origin === undefined;
    const isForeign = headers['sec-fetch-site'] === 'cross-site' && !isOpened;
    if (isForeign || (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`))
      throw new ViewRefusal('ORIGIN', 'Another page has asked for this: only the page of this server may.');
  }

  /** Makes the header that lets a browser with the right token in; undefined for a wrong one. */
  cookieFor(token: string): string | undefined {
    if (!this.#isToken(token)) return undefined;
    return `${this.#cookie}=${this.token}; HttpOnly; SameSite=Strict; Path=/`;
  }

  /** @throws ViewRefusal where the cookie is not there, or of another run of the server */
  requireToken({ cookie = '' }: IncomingHttpHeaders): void {
    const own = `${this.#cookie}=`;
    const isIn = cookie
      .split(';')
      .some((each) => each.trim().startsWith(own) && this.#isToken(each.trim().slice(own.length)));
    if (isIn) return;
    throw new ViewRefusal(
      'TOKEN',
      'This page has no way in any more: open the address that vascusim view printed last, with its token.',
    );
  }

  get #cookie(): string {
    return `vascusim-${this.session}`;
  }

  #isToken(given: string): boolean {
    const [own, other] = [Buffer.from(this.token), Buffer.from(given)];
    return own.length === other.length && timingSafeEqual(own, other);
  }
}
