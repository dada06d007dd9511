import { type IncomingHttpHeaders, request } from 'node:http';
import { readSafetensors, type Tensor } from '../../src/mesh.ts';
import type { ViewFault } from '../../src/view/view-protocol.ts';

/** Answer of the server. */
export interface ViewAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Request of a test. */
interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends a request as no browser would: with any header. */
export function ask(port: number, path: string, options: AskOptions = {}): Promise<ViewAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = new Uint8Array(Buffer.concat(parts));
        resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** A page that has been let in. */
export class ViewClient {
  readonly #port: number;
  readonly #cookie: string;

  private constructor(port: number, cookie: string) {
    this.#port = port;
    this.#cookie = cookie;
  }

  static async enter(url: string): Promise<ViewClient> {
    const { port, search } = new URL(url);
    const { headers } = await ask(Number(port), `/${search}`);
    return new ViewClient(Number(port), headers['set-cookie']?.[0]?.split(';')[0] ?? '');
  }

  get(
    route: string,
    query: Readonly<Record<string, string>> = {},
    options: AskOptions = {},
  ): Promise<ViewAnswer> {
    const headers = { cookie: this.#cookie, ...options.headers };
    return ask(this.#port, `/api/${route}?${new URLSearchParams(query)}`, { ...options, headers });
  }

  async json<Value>(route: string, query: Readonly<Record<string, string>> = {}): Promise<Value> {
    const answer = await this.get(route, query);
    if (answer.status !== 200) throw new Error(`${route}: ${answer.status} ${text(answer)}`);
    return JSON.parse(text(answer)) as Value;
  }

  async fault(
    route: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<ViewFault & { status: number }> {
    const answer = await this.get(route, query);
    return { ...(JSON.parse(text(answer)) as ViewFault), status: answer.status };
  }

  /** Reads tensors, and the facts beside them. */
  async tensors<Facts>(
    route: string,
    query: Readonly<Record<string, string>>,
  ): Promise<{
    readonly tensors: ReadonlyMap<string, Tensor>;
    readonly facts: Facts;
    readonly size: number;
  }> {
    const answer = await this.get(route, query);
    if (answer.status !== 200) throw new Error(`${route}: ${answer.status} ${text(answer)}`);
    const { tensors, metadata } = readSafetensors(answer.bytes);
    return { tensors, facts: JSON.parse(metadata['facts'] ?? '') as Facts, size: answer.bytes.length };
  }

  /** Reads values as doubles, and their facts. */
  async values<Facts extends { readonly mid: number; readonly scale: number }>(
    query: Readonly<Record<string, string>>,
  ): Promise<{ readonly values: number[]; readonly facts: Facts }> {
    const { tensors, facts } = await this.tensors<Facts>('values', query);
    return { values: valuesIn(tensors, facts), facts };
  }
}

/** Gives the values of an answer as doubles. */
export function valuesIn(
  tensors: ReadonlyMap<string, Tensor>,
  { mid, scale }: { readonly mid: number; readonly scale: number },
): number[] {
  return Array.from(tensors.get('values')?.data as Float32Array, (value) => mid + scale * value);
}

export function text({ bytes }: Pick<ViewAnswer, 'bytes'>): string {
  return new TextDecoder().decode(bytes);
}
