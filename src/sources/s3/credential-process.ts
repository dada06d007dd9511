import { type ExecFileException, execFile } from 'node:child_process';
import { AuthError } from '../../core/errors.ts';
import type { Environment } from '../environment.ts';
import type { S3Credentials } from './keys.ts';

/** Longest time that the command may take, milliseconds: it may ask for a code. */
const MAX_RUN_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 ** 2;

/**
 * Runs the command of a profile that prints keys as JSON (`credential_process`), without a shell.
 *
 * @param from - how messages name the profile
 * @throws AuthError when it fails or prints something else; what it printed is in no message
 */
export async function runCredentialProcess(
  command: string,
  from: string,
  environment: Environment,
  signal: AbortSignal,
): Promise<S3Credentials> {
  const [file = '', ...args] = splitCommand(command);
  const refuse = (why: string): AuthError =>
    new AuthError(
      'bad-credentials',
      `The credential_process of ${from} ${why}: run it by hand to see what is wrong.`,
    );
  if (file === '') throw refuse('is no command');
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      file,
      args,
      {
        env: { ...process.env, ...environment },
        maxBuffer: MAX_OUTPUT_BYTES,
        timeout: MAX_RUN_MS,
        signal,
        windowsHide: true,
      },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(signal.aborted ? (signal.reason as Error) : refuse(describeFailure(error)));
      },
    );
    // Nobody answers what it may ask.
    child.stdin?.end();
  });
  const said = parse(output);
  if (said === undefined) throw refuse('prints no JSON with Version 1, AccessKeyId and SecretAccessKey');
  return said;
}

/** Describes a failure without message and command of the error: they hold the arguments. */
function describeFailure({ code, signal, killed }: ExecFileException): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'prints more than 1 MiB';
  if (killed === true) return `has not ended after ${MAX_RUN_MS / 1000} s`;
  if (typeof signal === 'string') return `was ended by ${signal}`;
  return typeof code === 'number' ? `ends with exit code ${code}` : `cannot be run (${String(code)})`;
}

function parse(output: string): S3Credentials | undefined {
  let said: Readonly<Record<string, unknown>> | null;
  try {
    said = JSON.parse(output) as Readonly<Record<string, unknown>> | null;
  } catch {
    return undefined;
  }
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = said ?? {};
  if (Version !== 1 || typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string')
    return undefined;
  const expiration = typeof Expiration === 'string' ? new Date(Expiration) : undefined;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: typeof SessionToken === 'string' ? SessionToken : undefined,
    expiration: expiration !== undefined && Number.isNaN(expiration.getTime()) ? undefined : expiration,
  };
}

/** Splits the words of a command line: quotes hold words together, a backslash takes the next character as it is. */
function splitCommand(command: string): string[] {
  const isWindows = process.platform === 'win32';
  const words =
    command.match(isWindows ? /(?:"[^"]*"|[^\s"])+/g : /(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs) ??
    [];
  return words.map((word) =>
    isWindows
      ? word.replaceAll('"', '')
      : word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs, (_, double, single, escaped) =>
          double === undefined ? String(single ?? escaped) : String(double).replaceAll(/\\(["\\$`])/g, '$1'),
        ),
  );
}
