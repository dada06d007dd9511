import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { parseJson } from '../../src/core/lenient-json.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Frame as the engine sends it. */
export interface Frame {
  readonly message: Readonly<Record<string, unknown>>;
  readonly payload: Buffer<ArrayBuffer>;
}

/** The bytes of a request. */
export function frameOf(message: object | string, payloadBytes = 0): Buffer {
  const text = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
  const prefix = Buffer.alloc(16);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeBigUInt64LE(BigInt(payloadBytes), 8);
  return Buffer.concat([prefix, text]);
}

/** A client of the engine, as a program in any language may be one: it knows docs/guide/engine.md and nothing else. */
export class EngineClient {
  readonly frames: Frame[] = [];
  readonly #output: Writable;
  #rest = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #hasEnded = false;
  #last = 0;

  constructor(input: Readable, output: Writable) {
    this.#output = output.on('error', () => undefined);
    input.on('data', (chunk: Buffer) => this.#take(chunk));
    for (const event of ['end', 'close', 'error']) {
      input.on(event, () => {
        this.#hasEnded = true;
        this.#wake();
      });
    }
  }

  write(bytes: Buffer): void {
    this.#output.write(bytes);
  }

  greet(more: object = {}): void {
    this.write(frameOf({ protocol: 1, version: '0.0.0', place: 'a test', ...more }));
  }

  /** Sends a request and gives its number. */
  start(op: string, fields: object = {}): number {
    this.write(frameOf({ ...fields, op, id: ++this.#last }));
    return this.#last;
  }

  /** The first frame that fits, which is taken away; undefined where the engine ends before it comes. */
  async take(fits: (message: Frame['message']) => boolean = () => true): Promise<Frame | undefined> {
    for (;;) {
      const index = this.frames.findIndex(({ message }) => fits(message));
      if (index >= 0) return this.frames.splice(index, 1)[0];
      if (this.#hasEnded) return undefined;
      await new Promise<void>((settle) => {
        this.#waiting.push(settle);
      });
    }
  }

  /** Sends a request and waits for its answer. */
  async request(op: string, fields: object = {}): Promise<Frame> {
    const id = this.start(op, fields);
    const frame = await this.take((message) => message['id'] === id);
    if (frame === undefined) throw new Error(`the engine has ended before it answered ${op}`);
    return frame;
  }

  /** The value of an answer. */
  async value<Value>(op: string, fields: object = {}): Promise<Value> {
    const { message } = await this.request(op, fields);
    if (message['error'] !== undefined) throw new Error(JSON.stringify(message['error']));
    return message['ok'] as Value;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#rest.length < 16) break;
      const end = 16 + this.#rest.readUInt32LE(0);
      const total = end + Number(this.#rest.readBigUInt64LE(8));
      if (this.#rest.length < total) break;
      const message = parseJson(this.#rest.toString('utf8', 16, end), 'a frame') as Frame['message'];
      this.frames.push({ message, payload: Buffer.from(this.#rest.subarray(end, total)) });
      this.#rest = this.#rest.subarray(total);
    }
    this.#wake();
  }
}

/** An engine in a process of its own, which ends with the test. */
export async function startEngine(): Promise<{
  readonly client: EngineClient;
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}> {
  const env = { ...process.env, VASCUSIM_CACHE_DIR: await makeFolder() };
  const child = spawn(process.execPath, [resolve('bin/vascusim.mjs'), 'engine'], { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((settle) => {
    child.once('close', (code) => settle({ code, stderr }));
  });
  return { client: new EngineClient(child.stdout, child.stdin), child, ended };
}

/** An engine that has been greeted. */
export async function openEngine(): ReturnType<typeof startEngine> {
  const engine = await startEngine();
  await engine.client.take();
  engine.client.greet();
  return engine;
}

/** A connection to the socket of an engine. */
export async function attach(address: string): Promise<EngineClient> {
  const socket: Socket = connect(address.replace(/^@/, '\0'));
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((settle, reject) => socket.once('connect', settle).once('error', reject));
  return new EngineClient(socket, socket);
}
