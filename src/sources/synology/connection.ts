import type { LinkedSignal } from '../../core/abort.ts';
import { isVascuError } from '../../core/errors.ts';
import { Lifetime } from '../../core/lifetime.ts';
import { withRetry } from '../../core/retry.ts';
import { HttpClient } from '../../protocols/http/client.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { proxyChooser } from '../../protocols/http/proxy.ts';
import { NAS_DOWNLOADS, withQueue } from '../connection-options.ts';
import type { NasAddress } from './address.ts';
import { type ApiData, parseAnswer, readAnswer, tryReadAnswer } from './answer.ts';
import { ApiFailure, type CallContext, endsSession, fileFailure, mayEndSession, NoAnswer } from './codes.ts';
import { DeviceIds } from './device-ids.ts';
import { type Api, type Apis, discover } from './discovery.ts';
import type { SynologySourceOptions } from './options.ts';
import { encodeParameters, type Parameters } from './parameters.ts';
import { Sessions } from './sessions.ts';
import { type DsmSession, sessionHeaders, signIn, signOut } from './sign-in.ts';

/** The parts of {@link Apis} that are called with a session. */
type ApiKey = 'info' | 'list' | 'download' | 'md5' | 'system';

/** A call of one method. */
export interface Call {
  readonly api: ApiKey;
  readonly method: string;
  /** Depends on the version that is spoken. */
  readonly parameters: (api: Api) => Parameters;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Label of what is asked for, such as `the folder "share/cases"`, for messages. */
  readonly label: string;
  readonly signal: AbortSignal;
}

/** Connections for listings and the like, so that they never wait for downloads. */
const SMALL_REQUESTS = 4;
/** Tries of a small request. */
const MAX_TRIES = 3;
/** Label of what the look at a session asks for. */
const PROBE = 'the rights of the session';
/** Downloads at a time with which a NAS is met: a small one has a process for each. */
const FIRST_DOWNLOADS = 1;
/** Code for a session that DSM does not know. */
const UNKNOWN_SESSION = 119;
/** Longest time that the sign-out may take, milliseconds. */
const SIGN_OUT_MS = 5_000;

/** Addresses of which it was said that they are spoken to over http: said once, however many streamers there are. */
const warned = new Set<string>();

/** One NAS: its APIs, one session for all callers, and the connections. */
export class NasConnection {
  readonly address: NasAddress;
  readonly username: string;
  /** True when the NAS is reached by way of an HTTP proxy. */
  readonly usesProxy: boolean;
  readonly #options: SynologySourceOptions;
  readonly #small: HttpClient;
  readonly #large: HttpClient;
  readonly #life: Lifetime;
  readonly #deviceIds: DeviceIds;
  readonly #sessions: Sessions;
  readonly #ends = new Set<() => Promise<void>>();
  #apis: Promise<Apis> | undefined;

  constructor(options: SynologySourceOptions, address: NasAddress) {
    const { tls, connectTimeoutMs, idleTimeoutMs, proxy } = options;
    const { maxConnections = NAS_DOWNLOADS } = options;
    const shared = { tls, connectTimeoutMs, idleTimeoutMs, proxy };
    this.address = address;
    this.#life = new Lifetime(`The source ${address.id}`);
    this.username = options.username;
    this.usesProxy = proxyChooser(proxy)(new URL(address.baseUrl)) !== undefined;
    this.#options = options;
    this.#small = new HttpClient({ ...shared, maxConnections: SMALL_REQUESTS });
    this.#large = new HttpClient({ ...shared, maxConnections }, FIRST_DOWNLOADS, true);
    this.#deviceIds = new DeviceIds(options, `${options.username}@${address.id}`);
    this.#sessions = new Sessions(
      {
        signIn: (signal) => this.#signIn(signal),
        signOut: (session) => this.#signOut(session),
      },
      this.context('the session'),
      this.#life.signal,
    );
  }

  /**
   * Links the signal of one call: its own, the source's and the end of the source.
   *
   * @throws DisposedError after {@link NasConnection.close}
   */
  link(signal: AbortSignal | undefined): LinkedSignal {
    return this.#life.link(signal, this.#options.signal);
  }

  /** True when downloads wait for their turn. */
  get isBusy(): boolean {
    return this.#large.isBusy;
  }

  /** Downloads that may run or wait for their turn now. */
  get downloads(): number {
    return withQueue(this.#large.requests);
  }

  context(label: string): CallContext {
    return { id: this.address.id, username: this.username, label };
  }

  /** Finds out what the NAS can do; asked once. */
  async apis(): Promise<Apis> {
    const { id, baseUrl } = this.address;
    this.#apis ??= withRetry((attempt) => discover(this.#small, baseUrl, id, this.#life.signal, attempt), {
      tries: MAX_TRIES,
      signal: this.#life.signal,
    });
    const asked = this.#apis;
    try {
      return await asked;
    } catch (error) {
      if (this.#apis === asked) this.#apis = undefined;
      throw error;
    }
  }

  /** Signs in where that has not been done. @throws AuthError when the NAS refuses */
  async signIn(signal: AbortSignal): Promise<void> {
    await this.#sessions.get(signal);
  }

  /** Asks for the certificate that the NAS presents; nothing is sent. */
  certificate(signal: AbortSignal): ReturnType<HttpClient['peerCertificate']> {
    return this.#small.peerCertificate(this.address.baseUrl, signal);
  }

  /**
   * Calls a method that answers JSON; a failure that may pass is tried again.
   *
   * @throws VascuError for the code of the NAS, see `codes.ts`
   */
  async call(call: Call): Promise<ApiData> {
    const outcome = await this.tryCall(call);
    if (outcome instanceof ApiFailure) throw fileFailure(outcome, this.context(call.label));
    return outcome;
  }

  /** Calls as {@link NasConnection.call} does, but gives the codes that say something of the files. */
  tryCall(call: Call): Promise<ApiData | ApiFailure> {
    let failures = 0;
    return withRetry(
      async (attempt) => {
        const outcome = await this.#withSession(
          call,
          async (session, apis) => {
            const response = await this.#send(this.#small, call, session, apis);
            return tryReadAnswer(response, call.label, this.address.id, attempt);
          },
          async (session, apis, failed) => {
            if (failed instanceof ApiFailure) return this.#endBehind(failed, session, apis, call.signal);
            // Who is too busy is not asked for more.
            return failed.status < 429 ? this.#endOf(session, apis, call.signal) : undefined;
          },
        );
        if (outcome instanceof NoAnswer) return outcome.explain();
        if (!(outcome instanceof ApiFailure)) return outcome;
        const error = fileFailure(outcome, this.context(call.label));
        if (!isVascuError(error, 'NETWORK') || !error.retryable) return outcome;
        // Of a failing disk or an unknown error one second try is enough.
        if ([100, 401, 417].includes(outcome.code) && failures++ > 0) return outcome;
        throw error;
      },
      { tries: MAX_TRIES, signal: call.signal },
    );
  }

  /**
   * Asks for something that is not JSON. `read` gives what the answer is, the code that it holds, or that it is neither.
   * In place of a file DSM says that the session has ended in many ways, so that whatever is no file has the session
   * looked at first.
   *
   * @throws VascuError for the code of the NAS
   */
  async transfer<Result>(
    call: Call,
    read: (response: HttpResponse) => Promise<Result | ApiFailure | NoAnswer>,
  ): Promise<Result> {
    const outcome = await this.#withSession(
      call,
      async (session, apis) => read(await this.#send(this.#large, call, session, apis)),
      (session, apis) => this.#endOf(session, apis, call.signal),
    );
    if (outcome instanceof NoAnswer) return outcome.explain();
    if (outcome instanceof ApiFailure) throw fileFailure(outcome, this.context(call.label));
    return outcome;
  }

  /** Lets {@link NasConnection.close} run `end` before it signs out; gives what takes that back. */
  beforeSignOut(end: () => Promise<void>): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  /** Ends what is under way, closes the session and the connections. Never rejects. */
  close(): Promise<void> {
    return this.#life.close(async () => {
      await Promise.allSettled([...this.#ends].map((end) => end()));
      await this.#sessions.close();
      await Promise.all([this.#small.close(), this.#large.close()]);
    });
  }

  /**
   * Runs `send` with the session. When the NAS has ended that, a new one is opened, once for all callers, and
   * `send` runs a second time.
   *
   * @param endOf - looks at the session after a failure that says nothing of it: the code with which it has ended
   */
  async #withSession<Result>(
    call: Pick<Call, 'label' | 'signal'>,
    send: (session: DsmSession, apis: Apis) => Promise<Result | ApiFailure | NoAnswer>,
    endOf: (session: DsmSession, apis: Apis, failed: ApiFailure | NoAnswer) => Promise<number | undefined>,
  ): Promise<Result | ApiFailure | NoAnswer> {
    const { signal } = call;
    const session = await this.#sessions.get(signal);
    const apis = await this.apis();
    const outcome = await send(session, apis);
    if (!(outcome instanceof ApiFailure || outcome instanceof NoAnswer)) return outcome;
    const code =
      outcome instanceof ApiFailure && endsSession(outcome.code)
        ? outcome.code
        : await endOf(session, apis, outcome);
    return code === undefined ? outcome : send(await this.#sessions.renew(session, code, signal), apis);
  }

  /**
   * Finds out what a code 105 means: it says "no permission", and on older DSM also that the session is gone: File
   * Station's Info tells.
   */
  async #endBehind(
    { code }: ApiFailure,
    session: DsmSession,
    apis: Apis,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (code !== 105) return undefined;
    const answer = await readAnswer(await this.#probe(session, apis, signal), PROBE, this.address.id, 1);
    return answer instanceof ApiFailure ? answer.code : undefined;
  }

  /**
   * Finds the code with which a session has ended, by File Station's Info; undefined while it holds, or nothing tells.
   */
  async #endOf(session: DsmSession, apis: Apis, signal: AbortSignal): Promise<number | undefined> {
    try {
      const response = await this.#probe(session, apis, signal);
      const { status } = response;
      const answer = parseAnswer(await response.text());
      if (answer instanceof ApiFailure) return mayEndSession(answer.code) ? answer.code : undefined;
      // A page in place of an answer, too: whoever has signed in has spoken to this address before.
      return answer === undefined && status < 429 ? UNKNOWN_SESSION : undefined;
    } catch (error) {
      if (!isVascuError(error, 'NETWORK')) throw error;
      return undefined;
    }
  }

  #probe(session: DsmSession, apis: Apis, signal: AbortSignal): Promise<HttpResponse> {
    const call: Call = { api: 'info', method: 'get', parameters: () => ({}), label: PROBE, signal };
    return this.#send(this.#small, call, session, apis);
  }

  #send(client: HttpClient, call: Call, session: DsmSession, apis: Apis): Promise<HttpResponse> {
    const api = apis[call.api];
    // Only MD5 and the system's description can be missing, and both are asked for before they are used.
    if (api === undefined) throw fileFailure(new ApiFailure(102), this.context(call.label));
    const parameters = encodeParameters({
      api: api.name,
      version: String(api.version),
      method: call.method,
      ...call.parameters(api),
    });
    return client.request({
      url: `${apis.baseUrl}/webapi/${api.path}?${parameters}`,
      headers: { ...call.headers, ...sessionHeaders(session) },
      redirects: 0,
      signal: call.signal,
      label: `${call.label} on ${this.address.id}`,
    });
  }

  async #signIn(signal: AbortSignal): Promise<DsmSession> {
    const apis = await this.apis();
    if (apis.baseUrl.startsWith('http:')) this.#warnOfPlainHttp();
    const context = {
      client: this.#small,
      apis,
      options: this.#options,
      deviceIds: this.#deviceIds,
      id: this.address.id,
      signal,
    };
    const retry = { tries: MAX_TRIES, signal: this.#life.signal };
    return withRetry((attempt) => signIn({ ...context, attempt }), retry);
  }

  async #signOut(session: DsmSession): Promise<void> {
    await signOut(
      {
        client: this.#small,
        apis: await this.apis(),
        options: this.#options,
        id: this.address.id,
        signal: AbortSignal.timeout(SIGN_OUT_MS),
      },
      session,
    );
  }

  #warnOfPlainHttp(): void {
    const { baseUrl, id } = this.address;
    if (warned.has(baseUrl)) return;
    warned.add(baseUrl);
    const warn =
      this.#options.onWarning ??
      ((message: string) =>
        process.emitWarning(message, { type: 'VascuSimWarning', code: 'VASCUSIM_PLAIN_HTTP' }));
    warn(
      `${id} is spoken to over http: the password of "${this.username}" and all files cross the network readable. Use https (port 5001, secure: true).`,
    );
  }
}
