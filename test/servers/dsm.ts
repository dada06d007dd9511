import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Auth, type AuthOptions, type Session } from './dsm/auth.ts';
import { Capacity, type CapacityOptions } from './dsm/capacity.ts';
import { type RangeStyle, sendDownloadError, sendFile } from './dsm/download.ts';
import { type ErrorStyle, type Fault, Faults } from './dsm/faults.ts';
import { type Answer, FileStation } from './dsm/file-station.ts';
import { FileTree } from './dsm/file-tree.ts';
import { parseParameters, pathsOf, textOf } from './dsm/parameters.ts';
import { type DsmVersion, PROFILES, type Profile } from './dsm/profiles.ts';

/** Options of {@link LoopbackDsm.start}. */
export interface DsmOptions extends Partial<AuthOptions> {
  /** @defaultValue '7.2' */
  readonly version?: DsmVersion | undefined;
  /** Serves https with this key and certificate, both PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Path under which a reverse proxy shows it, such as `/nas`. */
  readonly basePath?: string | undefined;
  /** Wait before each answer, milliseconds. @defaultValue 0 */
  readonly latencyMs?: number | undefined;
  /** Downloads that it can do at a time. @defaultValue any number */
  readonly capacity?: CapacityOptions | undefined;
  readonly ranges?: RangeStyle | undefined;
  /** How Download says that a file is missing. @defaultValue as the version does */
  readonly errorStyle?: ErrorStyle | undefined;
  /** Address to listen at. @defaultValue '127.0.0.1' */
  readonly listenAt?: string | undefined;
}

/** One request as it came. */
export interface LoggedRequest {
  readonly verb: string;
  /** Path and query as they were sent. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly api: string;
  readonly method: string;
  readonly version: number;
  readonly parameters: ReadonlyMap<string, string>;
}

const USERS: AuthOptions['accounts'] = { alice: { password: 'pass word+%&#é' } };

/**
 * A Synology device on the loopback interface: SYNO.API.Info, Auth, FileStation.List, Info, Download and MD5 as
 * DSM 5.2, 6.2 and 7.2 answer them, and what can go wrong with them.
 */
export class LoopbackDsm implements AsyncDisposable {
  readonly files = new FileTree();
  readonly faults = new Faults();
  readonly log: LoggedRequest[] = [];
  readonly auth: Auth;
  readonly fileStation: FileStation;
  readonly profile: Profile;
  readonly capacity: Capacity;
  ranges: RangeStyle;
  errorStyle: ErrorStyle;
  /** Connections that were ever made. */
  connections = 0;
  readonly #options: DsmOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: DsmOptions) {
    this.#options = options;
    this.profile = PROFILES[options.version ?? '7.2'];
    this.capacity = new Capacity(options.capacity);
    this.auth = new Auth(this.profile, { accounts: USERS, ...options });
    this.fileStation = new FileStation(this.profile, this.files);
    this.ranges = options.ranges ?? 'honoured';
    this.errorStyle = options.errorStyle ?? (options.version === '5.2' ? 'text' : 'json');
    const handle = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#handle(request, response);
    this.#server = options.tls === undefined ? createServer(handle) : createSecureServer(options.tls, handle);
    this.#server.keepAliveTimeout = this.profile.keepAliveMs;
    this.#server.on('connection', (socket: Socket) => {
      this.connections++;
      this.#sockets.add(socket.on('close', () => this.#sockets.delete(socket)));
    });
  }

  static async start(options: DsmOptions = {}): Promise<LoopbackDsm> {
    const dsm = new LoopbackDsm(options);
    await new Promise<void>((resolve, reject) => {
      dsm.#server.once('error', reject).listen(0, options.listenAt ?? '127.0.0.1', resolve);
    });
    return dsm;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Address with scheme and path, no slash at its end. */
  get url(): string {
    const host = this.#options.listenAt?.includes(':') === true ? `[${this.#options.listenAt}]` : '127.0.0.1';
    return `http${this.#options.tls === undefined ? '' : 's'}://${host}:${this.port}${this.#options.basePath ?? ''}`;
  }

  get liveSessions(): number {
    return this.auth.sessions.size;
  }

  /** The calls of one kind so far. */
  calls(api: string, method?: string): LoggedRequest[] {
    return this.log.filter((call) => call.api.endsWith(api) && (method ?? call.method) === call.method);
  }

  /** The secrets that turned up in the URL of a request. */
  leaks(): string[] {
    const urls = this.log.map(({ url }) => decodeURIComponent(url)).join('\n');
    return [...this.auth.secrets].filter((secret) => urls.includes(secret));
  }

  /** Breaks every connection, as a restart does. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.disconnect();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The client went away.
    }
    const call = this.#parse(request, Buffer.concat(chunks).toString());
    this.log.push(call);
    const latencyMs = this.#options.latencyMs ?? 0;
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    await this.#answer(call, response);
  }

  #parse(request: IncomingMessage, body: string): LoggedRequest {
    const url = request.url ?? '';
    const query = parseParameters(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
    const parameters = new Map([...query, ...parseParameters(request.method === 'POST' ? body : '')]);
    return {
      verb: request.method ?? '',
      url,
      headers: request.headers,
      body,
      api: parameters.get('api') ?? '',
      method: parameters.get('method') ?? '',
      version: Number(parameters.get('version') ?? Number.NaN),
      parameters,
    };
  }

  async #answer(call: LoggedRequest, response: ServerResponse): Promise<void> {
    const fault = this.faults.take(call.api, call.method, call.parameters);
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'wait') await fault.until;
    if (fault?.kind === 'reset') response.destroy();
    else if (fault?.kind === 'answer') response.writeHead(fault.status, fault.headers).end(fault.body);
    else if (!this.#isServedAt(call))
      sendPage(response, 404, 'Sorry, the page you are looking for is not found.');
    else if (call.api === 'SYNO.FileStation.Download') await this.#download(call, response, fault);
    else this.#sendAnswer(call, response, fault?.kind === 'code' ? fault.code : this.#dispatch(call), fault);
  }

  /** Whether the path is that of the API, of an older name of it, or of the general entry. */
  #isServedAt(call: LoggedRequest): boolean {
    const prefix = `${this.#options.basePath ?? ''}/webapi/`;
    const path = call.url.split('?')[0] ?? '';
    if (!path.startsWith(prefix)) return false;
    const cgi = path.slice(prefix.length);
    const known = Object.values(this.profile.apis).some((api) => api.path === cgi);
    if (!known) return this.profile.alsoAt[cgi] === call.api;
    return this.profile.apis[call.api] === undefined || this.profile.apis[call.api]?.path === cgi;
  }

  #dispatch(call: LoggedRequest): Answer {
    if (call.api === '' || call.method === '' || !Number.isInteger(call.version)) return 101;
    const api = this.profile.apis[call.api];
    if (api === undefined) return 102;
    if (call.version < api.minVersion || call.version > api.maxVersion) return 104;
    if (call.api === 'SYNO.API.Info') return call.method === 'query' ? this.#describeApis(call) : 103;
    if (call.api === 'SYNO.API.Auth') return this.#authenticate(call);
    const session = this.#sessionOf(call);
    if (typeof session === 'number') return session;
    return this.fileStation.answer(call.api, call.method, call.parameters, call.version, session) ?? 103;
  }

  #describeApis(call: LoggedRequest): Answer {
    const asked = textOf(call.parameters.get('query'), 2)?.split(',') ?? [];
    return Object.fromEntries(
      Object.entries(this.profile.apis).filter(([name]) => asked.includes('all') || asked.includes(name)),
    );
  }

  #authenticate(call: LoggedRequest): Answer {
    if (call.method === 'login') return this.auth.login(call.parameters, call.version);
    if (call.method !== 'logout') return 103;
    this.auth.logout(sidOf(call));
    return {};
  }

  #sessionOf(call: LoggedRequest): Session | number {
    const token = call.headers['x-syno-token'] ?? call.parameters.get('SynoToken');
    const checksAddress = call.api !== 'SYNO.FileStation.Download';
    const session = this.auth.find(
      sidOf(call),
      token === undefined ? undefined : String(token),
      checksAddress,
    );
    if (typeof session === 'number' || session.name === 'FileStation') return session;
    return this.profile === PROFILES['5.2'] ? 105 : 160;
  }

  async #download(call: LoggedRequest, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    const refuse = (code: number): void => {
      this.#setCommonHeaders(call, response);
      sendDownloadError(response, this.errorStyle, code);
    };
    if (fault?.kind === 'code') return refuse(fault.code);
    if (call.method !== 'download') return refuse(103);
    const session = this.#sessionOf(call);
    if (typeof session === 'number') return refuse(session);
    const paths = pathsOf(call.parameters.get('path'), call.version, this.profile.literalLists);
    const [path = ''] = paths;
    const node = this.files.find(path);
    if (typeof node === 'number') return refuse(node);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const attachment = textOf(call.parameters.get('mode'), call.version) === 'download';
    this.#setCommonHeaders(call, response);
    const zip = Buffer.from(`PK\u0003\u0004 of ${paths.join(' ')}`);
    const file =
      node.kind === 'file' && paths.length === 1
        ? { name, content: node.content, attachment }
        : {
            name: `${name}.zip`,
            content: {
              size: zip.length,
              read: (at: number, length: number) => zip.subarray(at, at + length),
            },
            attachment: true,
          };
    await this.capacity.serve(file.content.size, () =>
      sendFile(response, file, call.headers.range, this.ranges, fault),
    );
  }

  #sendAnswer(call: LoggedRequest, response: ServerResponse, answer: Answer, fault: Fault | undefined): void {
    const errors = fault?.kind === 'code' && fault.errors !== undefined ? { errors: fault.errors } : {};
    const edited = fault?.kind === 'edit' && typeof answer === 'object' ? fault.edit(answer) : answer;
    const envelope =
      typeof edited === 'number'
        ? { error: { code: edited, ...errors }, success: false }
        : edited !== undefined && Object.keys(edited).length > 0
          ? { data: edited, success: true }
          : { success: true };
    this.#setCommonHeaders(call, response);
    if (call.api === 'SYNO.API.Auth' && typeof answer === 'object' && 'sid' in answer) {
      if ((call.parameters.get('format') ?? 'cookie') === 'cookie') {
        response.setHeader('Set-Cookie', `id=${String(answer['sid'])};path=/;HttpOnly`);
      }
    }
    response.setHeader('Content-Type', this.profile.jsonType);
    response.setHeader('Vary', 'Accept-Encoding');
    const plain = Buffer.from(JSON.stringify(envelope));
    const zipped = String(call.headers['accept-encoding'] ?? '').includes('gzip');
    if (zipped) response.setHeader('Content-Encoding', 'gzip');
    response.end(zipped ? gzipSync(plain) : plain);
  }

  #setCommonHeaders(call: LoggedRequest, response: ServerResponse): void {
    response.setHeader('Server', this.profile.serverHeader);
    const sid = sidOf(call);
    if (this.profile.renewsCookie && sid !== undefined && this.auth.sessions.has(sid)) {
      response.setHeader('Set-Cookie', `id=${sid};max-age=604800;path=/;HttpOnly`);
    }
  }
}

function sidOf(call: LoggedRequest): string | undefined {
  const cookie = /(?:^|;\s*)id=([^;]*)/.exec(call.headers.cookie ?? '')?.[1];
  if (cookie !== undefined) return cookie;
  const parameter = call.verb === 'POST' ? undefined : call.parameters.get('_sid');
  // A real device takes an id that begins with a digit for a number when it comes as a parameter.
  return parameter !== undefined && /^\d/.test(parameter) ? undefined : parameter;
}

function sendPage(response: ServerResponse, status: number, text: string): void {
  response
    .writeHead(status, { 'Content-Type': 'text/html' })
    .end(`<!DOCTYPE html><html><body>${text}</body></html>`);
}
