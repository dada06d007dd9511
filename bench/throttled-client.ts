import { spawn } from 'node:child_process';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { mapLimited } from '../src/core/limit.ts';

/** The way to a server of {@link ThrottledServer}. */
export const LATENCY_MS = 20;
export const MBPS = 25;

/** `throttled-server.ts` in a process of its own. */
export class ThrottledServer implements Disposable {
  readonly #child: ReturnType<typeof spawn>;
  readonly #lines: AsyncIterator<string>;
  url = '';

  /** @param slow - part of the requests that wait 600 ms more */
  constructor(slow = 0) {
    const script = fileURLToPath(new URL('./throttled-server.ts', import.meta.url));
    this.#child = spawn(process.execPath, [script, String(LATENCY_MS), String(MBPS), String(slow)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async serve(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const sent = new Map<Uint8Array, string>();
    for (const [path, content] of files) {
      const as = sent.get(content);
      const text = as === undefined ? Buffer.from(content).toString('base64') : undefined;
      this.#child.stdin?.write(`${JSON.stringify({ path, text, as })}\n`);
      sent.set(content, path);
    }
    this.#child.stdin?.write('start\n');
    this.url = String((await this.#lines.next()).value);
  }

  /** What was asked for since the last time. */
  async count(): Promise<{ readonly requests: number; readonly bytes: number }> {
    this.#child.stdin?.write('count\n');
    return JSON.parse(String((await this.#lines.next()).value)) as { requests: number; bytes: number };
  }

  /** How long these files take at full speed, 16 at a time, into nothing: seconds. */
  async drain(paths: readonly string[]): Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const start = performance.now();
    await mapLimited(paths, 16, async (path) => {
      await new Promise<void>((resolve, reject) => {
        get(this.url + path, { agent }, (response) => response.resume().on('end', resolve)).on(
          'error',
          reject,
        );
      });
    });
    agent.destroy();
    return (performance.now() - start) / 1000;
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
