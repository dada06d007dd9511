import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ConfigError } from '../../index.ts';
import { showBlock } from '../terminal/output.ts';
import { variableOf } from './variable-name.ts';

/** Longest line that is taken for a secret, characters. */
const MAX_SECRET = 4096;

/** An error of the library, which explains it to whoever checks a connection. */
function wrong(message: string): ConfigError {
  return new ConfigError('secret', message);
}

/** Secret that is looked for. */
export interface WantedSecret {
  /** Name of the option: flags and the variable are named after it. */
  readonly name: string;
  /** Place that asks for it, at the beginning of a sentence. */
  readonly who: string;
}

/** Way to a password. It is asked for once, when it is first needed. */
export class PasswordReader {
  readonly #flags: Readonly<Record<string, unknown>>;
  readonly #wanted: WantedSecret;
  readonly #signal: AbortSignal;
  #password: Promise<string> | undefined;

  /** @param flags - of the command, `passwordStdin` and `passwordCommand` among them */
  constructor(
    flags: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    wanted: WantedSecret = { name: 'password', who: 'The source' },
  ) {
    this.#flags = flags;
    this.#wanted = wanted;
    this.#signal = signal;
  }

  /** @throws ConfigError when there is no way to get it */
  readonly read = (): Promise<string> => {
    this.#password ??= this.#find();
    return this.#password;
  };

  #find(): Promise<string> {
    const { name, who } = this.#wanted;
    const variable = variableOf(name);
    const value = process.env[variable];
    const line = this.#flags[`${name}Command`];
    if (this.#flags[`${name}Stdin`] === true) return readStandardInput(this.#signal);
    if (typeof line === 'string') return runCommand(line, this.#signal);
    if (value !== undefined && value !== '') return toSecret(value, `The variable ${variable}`);
    if (isConversation()) return ask(`${name.charAt(0).toUpperCase()}${name.slice(1)}: `, true, this.#signal);
    return Promise.reject(
      wrong(`${who} needs a ${name}: set ${variable}, or give --${name}-stdin or --${name}-command.`),
    );
  }
}

/** Way to one-time codes. */
export class OtpReader {
  readonly #wanted: WantedSecret;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal, wanted: WantedSecret = { name: 'otp', who: 'The source' }) {
    this.#wanted = wanted;
    this.#signal = signal;
  }

  /** @throws ConfigError when there is no way to get one */
  readonly read = (attempt: number): Promise<string> => {
    const { name, who } = this.#wanted;
    const variable = variableOf(name);
    const value = process.env[variable];
    if (value !== undefined && value !== '' && attempt === 1) return Promise.resolve(value.trim());
    if (isConversation()) return ask('One-time code: ', false, this.#signal);
    return Promise.reject(
      wrong(
        attempt === 1
          ? `${who} asks for a one-time code: set ${variable}, or run this on a terminal, which asks for it.`
          : `${who} did not take the one-time code of ${variable}.`,
      ),
    );
  };
}

/** The token of a variable; undefined where it is not set. */
export function readToken(name: string): string | undefined {
  const token = process.env[variableOf(name)]?.trim();
  return token === '' ? undefined : token;
}

/** Whether somebody sits there who can be asked. */
export function isConversation(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on the terminal; what is typed is not shown where `hidden`. */
export async function ask(question: string, hidden: boolean, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  showBlock([]);
  process.stderr.write(question);
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
  // The question is part of the line, so that editing it does not overwrite it.
  if (!hidden) lines.setPrompt(question);
  const stop = (): void => lines.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      // In raw mode the terminal makes no signal of Ctrl-C.
      lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      lines.once('close', () =>
        reject(signal.aborted ? (signal.reason as Error) : wrong('Nothing was typed.')),
      );
    });
  } finally {
    signal.removeEventListener('abort', stop);
    lines.close();
    if (hidden || signal.aborted) process.stderr.write('\n');
  }
}

async function readStandardInput(signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) return ask('Password: ', true, signal);
  let text = '';
  const stop = (): void => void process.stdin.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  try {
    process.stdin.setEncoding('utf8');
    for await (const chunk of process.stdin) {
      text += String(chunk);
      if (text.length > MAX_SECRET) throw wrong('Standard input holds more than a password.');
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return toSecret(text, 'Standard input');
}

/** The one line of a text: what comes from a file ends in a line end, and on Windows may begin with a byte order mark. */
async function toSecret(text: string, where: string): Promise<string> {
  const secret = text.replace(/^\uFEFF/, '').replace(/[\r\n]+$/, '');
  if (secret === '') throw wrong(`${where} holds no password.`);
  if (/[\r\n]/.test(secret)) throw wrong(`${where} holds several lines, not a password alone.`);
  return secret;
}

/** The first line that a command prints. Its other output goes to standard error, where it may ask something. */
async function runCommand(command: string, signal: AbortSignal): Promise<string> {
  const child = spawn(command, { shell: true, stdio: ['inherit', 'pipe', 'inherit'], signal });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length <= MAX_SECRET) text += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  const [password = ''] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (code !== 0) throw wrong(`The command for the password failed with exit code ${code}.`);
  if (password === '' || password.length > MAX_SECRET) {
    throw wrong('The first line that the command for the password prints is no password.');
  }
  return password;
}
