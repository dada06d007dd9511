import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { makeFolder } from '../temporary-folder.ts';

/** What a run of the command gave. */
export interface CliRun {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code. */
  readonly status: number | null;
}

/** How the command is run. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What comes to its standard input, which then ends. */
  readonly input?: string | undefined;
  /** Whether its standard input stays open, for `onStart` to write to. */
  readonly holdInput?: boolean | undefined;
  readonly cwd?: string | undefined;
  /** Called once it runs. */
  readonly onStart?: ((child: ChildProcess) => void) | undefined;
}

const BIN = resolve('bin/vascusim.mjs');

/** A command line with settings, cache and home of its own: those of whoever runs the tests play no part. */
export async function makeCli(fixed: CliOptions = {}) {
  const home = await makeFolder();
  const cacheDir = `${home}/cache`;
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(?:VASCUSIM_|HF_|HUGGING|XDG_|NO_COLOR|FORCE_COLOR|CI$|https?_proxy)/i.test(name),
  );
  const environment = {
    ...Object.fromEntries(inherited),
    HOME: home,
    XDG_CONFIG_HOME: `${home}/config`,
    // What is compiled serves all tests.
    XDG_CACHE_HOME: resolve('node_modules/.cache'),
    VASCUSIM_CACHE_DIR: cacheDir,
    ...fixed.env,
  };
  const run = (args: readonly string[], options: CliOptions = {}): Promise<CliRun> =>
    execute(process.execPath, [BIN, ...args], {
      cwd: fixed.cwd ?? home,
      ...options,
      env: { ...environment, ...options.env },
    });
  /** The same on a terminal that is so many columns wide; `stdout` is all that it shows. */
  const runOnTerminal = (
    args: readonly string[],
    columns: number,
    options: CliOptions = {},
  ): Promise<CliRun> => {
    const words = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const command = `stty cols ${columns} rows 40; ${words.join(' ')}`;
    return execute('script', ['-qec', command, '/dev/null'], {
      cwd: home,
      ...options,
      env: { ...environment, TERM: 'xterm', ...options.env },
    });
  };
  return { run, runOnTerminal, home, cacheDir };
}

function execute(program: string, args: readonly string[], options: CliOptions): Promise<CliRun> {
  const { env, cwd, input, holdInput, onStart } = options;
  const child = spawn(program, args, {
    cwd,
    env: env as NodeJS.ProcessEnv,
    stdio: [input === undefined && holdInput !== true ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  child.stdin?.on('error', () => undefined);
  if (input !== undefined) child.stdin?.end(input);
  onStart?.(child);
  return new Promise((settle, reject) => {
    child.once('error', reject).once('close', (status) => settle({ ...texts, status }));
  });
}

/** The lines of a text without the spaces at their ends. */
export function linesOf(text: string): string[] {
  return text.trimEnd().split(/\r?\n/);
}
