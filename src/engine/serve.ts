import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { EngineHost } from './engine-host.ts';

/** Longest time that what is open may take to close once the client is gone, milliseconds. */
const CLOSING_TIMEOUT_MS = 600;

const ABOUT = `This is the engine of VascuSim for programs in other languages, such as the Python package.
It speaks frames over its standard input and output, and ends with its input: nothing to type here.
docs/guide/engine.md describes the protocol.
`;

/**
 * Serves the client at the other end of descriptors 0 and 1 until its input ends, and exits. Whatever else is printed
 * goes to standard error.
 */
export async function serveEngine(): Promise<void> {
  if (![0, 1].every(isPipe)) {
    process.stderr.write(ABOUT);
    process.exitCode = 2;
    return;
  }
  keepOutputClean();
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  const engine = new EngineHost({ version: manifest.version, place: process.argv[1] ?? process.execPath });
  const input = new Socket({ fd: 0, readable: true, writable: false });
  const output = new Socket({ fd: 1, readable: false, writable: true });
  const terminated = new Promise<undefined>((resolve) => process.once('SIGTERM', () => resolve(undefined)));
  // Ctrl-C on a terminal is the client's affair.
  for (const signal of ['SIGINT', 'SIGHUP']) process.removeAllListeners(signal).on(signal, () => undefined);
  const reason = await Promise.race([engine.serve(input, output), terminated]);
  if (reason !== undefined) process.stderr.write(`error: The client has sent what is no frame: ${reason}.\n`);
  const code = reason === undefined ? 0 : 2;
  setTimeout(() => process.exit(code), CLOSING_TIMEOUT_MS);
  await engine.close();
  process.exit(code);
}

/** Tells whether a descriptor leads to another program: not to a terminal, a file or nothing. */
function isPipe(descriptor: number): boolean {
  const found = fstatSync(descriptor);
  return found.isFIFO() || found.isSocket();
}

/** Leaves descriptor 1 to the frames, and says on standard error what users should know. */
function keepOutputClean(): void {
  Object.defineProperty(process, 'stdout', { configurable: true, get: () => process.stderr });
  process.stderr.on('error', () => undefined);
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => {
    if (name === 'VascuSimWarning' || name === 'Warning') process.stderr.write(`warning: ${message}\n`);
  });
}
