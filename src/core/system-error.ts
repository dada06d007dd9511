import { ConfigError, NetworkError, NotFoundError, type VascuError } from './errors.ts';
import { shortenPath } from './show-value.ts';

/** Action on a file of this machine that failed. */
export interface FileAction {
  readonly verb: 'read' | 'write';
  /** Name of the file in the message. */
  readonly file: string;
  /** Name of the option that gave the file. */
  readonly option: string;
}

/** Codes of a disk or a mount that fails or has gone. */
const FAILING = [
  'EIO',
  'ESTALE',
  'ENOTCONN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EREMOTEIO',
  'ENOLINK',
];

/** Codes of a path at which there is no file, and none can be made. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/** Problems of a file, and what to do about each, by the code of the system. */
const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['EROFS', 'it lies on a disk that can only be read: choose another place'],
  ['EISDIR', 'it is a folder: give the name of a file'],
  ['ENOTEMPTY', 'it is a folder with files in it: choose another name'],
  ['EEXIST', 'there is something of this name already: choose another name'],
  ['ENOSPC', 'its disk is full: free some space, or choose a place on another disk'],
  ['EDQUOT', 'your share of its disk is used up: free some space, or choose a place on another disk'],
  ['EFBIG', 'it is larger than a file of its disk may be: choose a place on another disk'],
  ['EMFILE', 'this process has too many files open: raise the limit (ulimit -n)'],
  ['ENFILE', 'this machine has too many files open: close other programs'],
  ['EBUSY', 'another program uses it: close that program, or choose another name'],
  ['ETXTBSY', 'it is a program that runs: choose another name'],
  ['ENXIO', 'it is a pipe or a device: give the name of a file'],
  ['ENODEV', 'it is a pipe or a device: give the name of a file'],
  ['ERR_INVALID_ARG_VALUE', 'its name holds what no name of a file can: give another one'],
]);

/**
 * Makes the error of this package in place of what the operating system says of a file.
 *
 * @returns undefined where `cause` is no error of the system
 */
export function explainSystemError(
  cause: unknown,
  { verb, file: whole, option }: FileAction,
): VascuError | undefined {
  const file = shortenPath(whole);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isSystem = /^E[A-Z0-9]+$/.test(code) || code === 'ERR_INVALID_ARG_VALUE';
  if (!isSystem) return undefined;
  const done = verb === 'read' ? 'read' : 'written';
  if (code === 'EACCES' || code === 'EPERM') {
    const remedy = verb === 'read' ? 'ask its owner for the right to read it' : 'choose another place';
    return new ConfigError(option, `No permission to ${verb} ${file}: ${remedy}.`, { cause });
  }
  if (FAILING.includes(code)) {
    return new NetworkError(
      `${file} cannot be ${done} now (${code}): its disk fails, or the machine that it is mounted from does not answer.`,
      { retryable: false },
      { cause },
    );
  }
  if (NOT_THERE.includes(code) || (verb === 'read' && code === 'ERR_INVALID_ARG_VALUE')) {
    // A program is given names as text, in which bytes that are no UTF-8 are lost.
    const lost = file.includes('\uFFFD') ? ' A name that is no UTF-8 cannot be given: rename the file.' : '';
    if (verb === 'read') return new NotFoundError(`There is no file ${file}.${lost}`, { cause });
    const why =
      code === 'ENAMETOOLONG'
        ? 'its name is too long for the disk'
        : 'its folder is not there, or takes no files';
    return new ConfigError(option, `${file} cannot be written: ${why}. Choose another name.`, { cause });
  }
  const problem = PROBLEMS.get(code) ?? `the system says ${code}`;
  return new ConfigError(option, `${file} cannot be ${done}: ${problem}.`, { cause });
}
