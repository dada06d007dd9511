import { linkSignals } from '../../core/abort.ts';
import { HttpClient } from '../../protocols/http/client.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { proxyChooser } from '../../protocols/http/proxy.ts';
import { bucketUrl, hostWithin, type OtherHost } from './address.ts';
import { CredentialStore } from './credential-store.ts';
import { findCredentials } from './credentials.ts';
import { readFailure, type S3Failure } from './failed-answer.ts';
import type { FoundCredentials } from './keys.ts';
import type { S3Settings } from './options.ts';
import { signRequest } from './signature.ts';

/** Request for the bucket, or with a key for an object. */
export interface S3Request {
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Name of what is asked for, in messages. */
  readonly label: string;
  readonly signal?: AbortSignal | undefined;
}

/** A success, whose body must be read, cancelled or discarded; or a refusal, which has none left. */
export type S3Answer =
  | { readonly response: HttpResponse; readonly refusal?: undefined }
  | { readonly refusal: S3Refusal; readonly response?: undefined };

/** Refusal of a request, and the origin of the keys that it was signed with; undefined for none. */
export interface S3Refusal {
  readonly failure: S3Failure;
  readonly from: string | undefined;
}

/** Circumstances that a request was made in: what may have to be put right. */
interface Attempt {
  readonly region: string;
  readonly clockOffsetMs: number;
  readonly credentials: FoundCredentials | undefined;
  readonly host: OtherHost | undefined;
}

/** Circumstance that can be put right, once a request. */
type Remedy = 'region' | 'host' | 'clock' | 'session';

/** Codes of keys that were good for some time. */
const EXPIRED_CODES: readonly (string | undefined)[] = ['ExpiredToken', 'TokenRefreshRequired'];
/** Statuses by which a server says that the bucket lies in another region, with codes or without. */
const REGION_STATUSES: readonly number[] = [301, 307, 400];
/** Difference of clocks below which correcting again does not help, milliseconds. */
const MIN_CLOCK_CHANGE_MS = 1000;

/**
 * Sender of signed requests, all of them GET: an error that answers HEAD has a body with some servers, which breaks the
 * connection. It follows redirects itself, since a signature holds for one host and region; it learns the region, corrects
 * the clock and renews expired keys, and asks then once more.
 */
export class S3Client {
  readonly #settings: S3Settings;
  readonly #http: HttpClient;
  readonly #credentials: CredentialStore;
  readonly #closing = new AbortController();
  #region: string;
  #clockOffsetMs = 0;

  /** @throws ConfigError when an option of the connection cannot be used as given */
  constructor(settings: S3Settings) {
    this.#settings = settings;
    this.#http = new HttpClient(settings.http);
    this.#credentials = new CredentialStore((signal) => findCredentials(settings.keys, signal));
    this.#region = settings.region;
  }

  /** Region that requests are signed for: as given, or as the server has said. */
  get region(): string {
    return this.#region;
  }

  /** True when requests go by a proxy. */
  get usesProxy(): boolean {
    return proxyChooser(this.#settings.http.proxy)(this.origin) !== undefined;
  }

  get isLimited(): boolean {
    return this.#http.isLimited;
  }

  /** Origin of the requests. */
  get origin(): URL {
    return new URL(bucketUrl(this.#settings.address, this.#region, {}).origin);
  }

  /** Gives the keys that requests are signed with; undefined for none. */
  async credentials(signal: AbortSignal | undefined): Promise<FoundCredentials | undefined> {
    if (this.#settings.anonymous) return undefined;
    return this.#whileOpen(signal, (linked) => this.#credentials.current(linked));
  }

  /** Sends one request, with what can be put right put right. */
  async send(request: S3Request): Promise<S3Answer> {
    const tried = new Set<Remedy>();
    let host: OtherHost | undefined;
    for (;;) {
      const credentials = await this.credentials(request.signal);
      const attempt = { region: this.#region, clockOffsetMs: this.#clockOffsetMs, credentials, host };
      const response = await this.#ask(request, attempt);
      if (response.status === 200 || response.status === 206) return { response };
      const failure = await readFailure(response, request.signal);
      const remedy = await this.#putRight(failure, attempt, tried, request.signal);
      if (remedy === undefined) return { refusal: { failure, from: credentials?.from } };
      tried.add(remedy);
      if (remedy === 'host') host = this.#hostOf(failure);
    }
  }

  close(reason: unknown): Promise<void> {
    this.#closing.abort(reason);
    return this.#http.close(reason);
  }

  #ask({ key, query, headers, label, signal }: S3Request, attempt: Attempt): Promise<HttpResponse> {
    const { address, requesterPays } = this.#settings;
    const { region, host, credentials, clockOffsetMs } = attempt;
    const url = bucketUrl(address, region, { key, query, host });
    const all = { ...headers, ...(requesterPays ? { 'x-amz-request-payer': 'requester' } : {}) };
    const time = new Date(Date.now() + clockOffsetMs);
    const sent =
      credentials === undefined ? all : signRequest({ url, headers: all }, credentials, { region, time });
    return this.#http.request({ url, headers: sent, signal, redirects: 0, label });
  }

  /** Changes what a refused request shows to be wrong; undefined where asking again does not help. */
  async #putRight(
    failure: S3Failure,
    attempt: Attempt,
    tried: ReadonlySet<Remedy>,
    signal: AbortSignal | undefined,
  ): Promise<Remedy | undefined> {
    const { status, code, region, serverTime } = failure;
    const may = (remedy: Remedy): boolean => !tried.has(remedy);
    if (
      may('region') &&
      region !== undefined &&
      region !== attempt.region &&
      REGION_STATUSES.includes(status)
    ) {
      this.#region = region;
      return 'region';
    }
    if (may('host') && (status === 307 || status === 301) && this.#hostOf(failure) !== undefined)
      return 'host';
    if (may('clock') && code === 'RequestTimeTooSkewed' && serverTime !== undefined) {
      const offset = serverTime - Date.now();
      if (Math.abs(offset - attempt.clockOffsetMs) < MIN_CLOCK_CHANGE_MS) return undefined;
      this.#clockOffsetMs = offset;
      return 'clock';
    }
    if (may('session') && EXPIRED_CODES.includes(code) && attempt.credentials !== undefined) {
      const { credentials } = attempt;
      const others = await this.#whileOpen(signal, (linked) =>
        this.#credentials.replace(credentials, linked),
      );
      return others === undefined ? undefined : 'session';
    }
    return undefined;
  }

  /** Ends a task with the client, too. */
  async #whileOpen<Result>(
    signal: AbortSignal | undefined,
    task: (linked: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const link = linkSignals(signal, this.#closing.signal);
    try {
      return await task(link.signal);
    } finally {
      link.unlink();
    }
  }

  #hostOf({ elsewhere }: S3Failure): OtherHost | undefined {
    return elsewhere === undefined ? undefined : hostWithin(this.#settings.address, this.#region, elsewhere);
  }
}
