import { AnswerBody } from './answer-body.ts';
import type { Attempt, Exchange } from './attempt.ts';
import { ExchangeWatch } from './exchange-watch.ts';
import { codeOf, explainCut, notAnswered, type RequestTarget } from './failure.ts';
import { throwIfAborted } from './on-abort.ts';
import { PlainConnection } from './plain-connection.ts';
import { portOf } from './proxy.ts';
import type { ReplayedAnswer } from './replayed-answer.ts';
import type { ResponseParts } from './response.ts';

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Writes a request that can go over a {@link PlainConnection}; undefined for all others. */
export function plainRequest(exchange: Exchange): string | undefined {
  const { url, method, headers, body, agent, proxy, isFile } = exchange;
  if (!isFile || !agent.isPlain || proxy !== undefined) return undefined;
  if (method !== 'GET' || body !== undefined) return undefined;
  let text = `GET ${url.pathname}${url.search} HTTP/1.1\r\n`;
  for (const name in headers) {
    const value = headers[name] as string;
    if (!NAME.test(name) || !VALUE.test(value)) return undefined;
    text += `${name}: ${value}\r\n`;
  }
  return `${text}host: ${url.host}\r\nConnection: keep-alive\r\n\r\n`;
}

/** Try of an exchange over a connection of its origin that answers plainly. */
export class PlainAttempt implements Attempt {
  readonly #exchange: Exchange;
  readonly #text: string;
  readonly #onEnd: () => void;
  readonly #target: RequestTarget;
  readonly #replay: (answer: ReplayedAnswer) => Attempt;
  /** Attempt of node:http to read an answer that is not plain. */
  #odd: Attempt | undefined;
  #wasReused = false;

  /**
   * @param onEnd - called when the connection is free for another request, or is gone
   * @param replay - makes an attempt of node:http of an answer that is not plain
   */
  constructor(
    exchange: Exchange,
    text: string,
    onEnd: () => void,
    replay: (answer: ReplayedAnswer) => Attempt,
  ) {
    this.#replay = replay;
    this.#exchange = exchange;
    this.#text = text;
    this.#onEnd = onEnd;
    const { url, label } = exchange;
    this.#target = { host: `${url.hostname}:${portOf(url)}`, label };
  }

  async answer(): Promise<ResponseParts> {
    let connection: PlainConnection;
    try {
      connection = this.#kept() ?? (await this.#open());
    } catch (error) {
      this.#onEnd();
      throw error;
    }
    this.#wasReused = connection.isReused;
    return this.#ask(connection);
  }

  wasStale(error: unknown): boolean {
    return this.#odd === undefined && this.#wasReused && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
  }

  mayReadOtherwise(error: unknown): boolean {
    return this.#odd?.mayReadOtherwise(error) ?? false;
  }

  explain(error: unknown): unknown {
    return this.#odd?.explain(error) ?? explainCut(error, this.#exchange.url, this.#target);
  }

  #kept(): PlainConnection | undefined {
    return this.#exchange.agent.takePlain();
  }

  async #open(): Promise<PlainConnection> {
    const { agent, buffers, signals, label } = this.#exchange;
    const connection = await agent.openPlain({ signals, label }, buffers);
    try {
      throwIfAborted(signals);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  #ask(connection: PlainConnection): Promise<ResponseParts> {
    const { url, idleTimeoutMs, label, signals, buffers } = this.#exchange;
    const target = this.#target;
    return new Promise((resolve, reject) => {
      let watch: ExchangeWatch | undefined;
      const fail = (error: unknown): void => {
        watch?.end();
        reject(error);
        connection.destroy();
      };
      const silent = (): void => fail(notAnswered(target, idleTimeoutMs));
      const watching = new ExchangeWatch(signals, idleTimeoutMs, { aborted: fail, silent });
      watch = watching;
      watching.start();
      connection.ask(this.#text, {
        ...target,
        answered: (head, flow) => {
          const options = { ...target, idleTimeoutMs, watch: watching };
          const body = new AnswerBody(flow, options, String(head.length));
          const { status, rawHeaders } = head;
          resolve({ status, url, rawHeaders, body, recycle: (bytes) => buffers.recycle(bytes), label });
          return body;
        },
        answeredOddly: (answer) => {
          watching.end();
          this.#exchange.agent.notePlain(false);
          this.#odd = this.#replay(answer);
          resolve(this.#odd.answer());
        },
        failed: fail,
        ended: this.#onEnd,
      });
    });
  }
}
