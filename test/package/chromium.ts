import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, onTestFinished } from 'vitest';

const binary = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)))
  .find((candidate) => existsSync(candidate) && spawnSync(candidate, ['--version']).status === 0);
if (binary === undefined) {
  const advice = 'Chromium not found (Debian: apt install chromium)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests in a real browser are skipped\n`);
}

/** Program to start as Chromium; undefined where there is none. */
export const chromiumBinary: string | undefined = binary;

/** Flags by which it runs without a window, a network of its own and a graphics card. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run',
  '--disable-background-networking --disable-component-update --disable-sync --disable-extensions',
].flatMap((flags) => flags.split(' '));

/** A suite that needs a real browser: skipped without it, an error in CI. */
export const describeWithChromium: (name: string, body: () => void) => void = describe.skipIf(
  binary === undefined,
);

/** What a page is made of, by path; `/` is the page itself. */
export type PageFiles = Readonly<Record<string, string | Uint8Array>>;

/** Makes the page post what ends one of its scripts. */
const ERRORS = `addEventListener('error', ({ message }) => {
  fetch('/result', { method: 'POST', body: JSON.stringify({ error: message }) });
});`;

const TYPES: Readonly<Record<string, string>> = { '/': 'text/html', js: 'text/javascript' };

/**
 * Opens a page of a loopback server in Chromium without a window, and gives what it posts to `/result` as JSON. Its
 * first script should be `/errors.js`.
 *
 * @param headers - of each answer
 */
export async function openPage(
  files: PageFiles,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  let resolve: (text: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const result = new Promise<string>((...settle) => {
    [resolve, reject] = settle;
  });
  const listener: RequestListener = (request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname;
    if (request.method === 'POST' && path === '/result') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        resolve(Buffer.concat(chunks).toString());
      });
      return;
    }
    const file = path === '/errors.js' ? ERRORS : files[path];
    const type = TYPES[path] ?? TYPES[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    response.writeHead(file === undefined ? 404 : 200, { ...headers, 'content-type': type });
    response.end(file);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const profile = await mkdtemp(join(tmpdir(), 'vascusim-chromium-'));
  const browser = spawn(
    binary ?? 'chromium',
    [
      ...CHROMIUM_FLAGS,
      `--user-data-dir=${profile}`,
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: { ...process.env, HOME: profile } },
  );
  let said = '';
  browser.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  browser.on('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said}`)));
  browser.on('error', reject);
  const end = async (): Promise<void> => {
    const { pid } = browser;
    if (pid !== undefined && browser.exitCode === null && browser.signalCode === null) {
      const ended = once(browser, 'exit');
      // With the processes that it started: they write to the profile until they end.
      process.kill(-pid, 'SIGKILL');
      await ended;
    }
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
  // Also where the test's time runs out before the page says anything.
  onTestFinished(end);
  return JSON.parse(await result);
}
