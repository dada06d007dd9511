import {
  AuthError,
  type AuthReason,
  NetworkError,
  NotFoundError,
  UnsupportedError,
  type VascuError,
} from '../../core/errors.ts';

/** NTSTATUS values that the client acts on (MS-ERREF 2.3.1). */
export const Status = {
  success: 0,
  pending: 0x00000103,
  bufferOverflow: 0x80000005,
  noMoreFiles: 0x80000006,
  endOfFile: 0xc0000011,
  invalidDeviceRequest: 0xc0000010,
  moreProcessing: 0xc0000016,
  accessDenied: 0xc0000022,
  notSupported: 0xc00000bb,
  noSuchFile: 0xc000000f,
  notADirectory: 0xc0000103,
  fileClosed: 0xc0000128,
  userSessionDeleted: 0xc0000203,
  networkSessionExpired: 0xc000035c,
} as const;

type Kind =
  | { readonly auth: AuthReason; readonly hint: string }
  | { readonly missing: string }
  | { readonly unsupported: string }
  | { readonly network: string; readonly retryable: boolean };

const WRONG: Kind = { auth: 'bad-credentials', hint: 'Check username, password and domain.' };
const DENIED: Kind = { auth: 'no-permission', hint: 'Ask for the right to read it, or use another account.' };
const REFUSED: Kind = { auth: 'no-permission', hint: 'Ask the administrator of the server.' };
const MISSING: Kind = { missing: 'Check the spelling of the path.' };
const BUSY: Kind = {
  network: 'The server is short of something it needs; try again later.',
  retryable: true,
};
const LOST: Kind = { network: 'The server has ended this session or connection.', retryable: true };
const IN_USE: Kind = { network: 'Another program holds it; try again when that has ended.', retryable: true };

const KINDS: ReadonlyMap<number, readonly [name: string, kind: Kind]> = new Map<
  number,
  readonly [string, Kind]
>([
  [0xc000006d, ['STATUS_LOGON_FAILURE', WRONG]],
  [0xc000006a, ['STATUS_WRONG_PASSWORD', WRONG]],
  [0xc0000064, ['STATUS_NO_SUCH_USER', WRONG]],
  [0xc000006e, ['STATUS_ACCOUNT_RESTRICTION', REFUSED]],
  [0xc000006f, ['STATUS_INVALID_LOGON_HOURS', REFUSED]],
  [0xc0000070, ['STATUS_INVALID_WORKSTATION', REFUSED]],
  [0xc000015b, ['STATUS_LOGON_TYPE_NOT_GRANTED', REFUSED]],
  [0xc0000071, ['STATUS_PASSWORD_EXPIRED', { auth: 'password-expired', hint: 'Set a new password.' }]],
  [0xc0000224, ['STATUS_PASSWORD_MUST_CHANGE', { auth: 'password-expired', hint: 'Set a new password.' }]],
  [0xc0000072, ['STATUS_ACCOUNT_DISABLED', { auth: 'account-locked', hint: 'The account is disabled.' }]],
  [0xc0000193, ['STATUS_ACCOUNT_EXPIRED', { auth: 'account-locked', hint: 'The account has expired.' }]],
  [0xc0000234, ['STATUS_ACCOUNT_LOCKED_OUT', { auth: 'account-locked', hint: 'Wait, or have it unlocked.' }]],
  [Status.accessDenied, ['STATUS_ACCESS_DENIED', DENIED]],
  [0xc00000ca, ['STATUS_NETWORK_ACCESS_DENIED', DENIED]],
  [0xc0000061, ['STATUS_PRIVILEGE_NOT_HELD', DENIED]],
  [
    0xc00000cc,
    [
      'STATUS_BAD_NETWORK_NAME',
      { missing: 'The server has no such share; listShares() names those there are.' },
    ],
  ],
  [0xc0000034, ['STATUS_OBJECT_NAME_NOT_FOUND', MISSING]],
  [0xc000003a, ['STATUS_OBJECT_PATH_NOT_FOUND', MISSING]],
  [0xc0000033, ['STATUS_OBJECT_NAME_INVALID', MISSING]],
  [0xc0000039, ['STATUS_OBJECT_PATH_INVALID', MISSING]],
  [0xc000003b, ['STATUS_OBJECT_PATH_SYNTAX_BAD', MISSING]],
  [0xc00000be, ['STATUS_BAD_NETWORK_PATH', MISSING]],
  [Status.noSuchFile, ['STATUS_NO_SUCH_FILE', MISSING]],
  [0xc0000056, ['STATUS_DELETE_PENDING', MISSING]],
  [0xc00000ba, ['STATUS_FILE_IS_A_DIRECTORY', { missing: 'It is a folder, not a file.' }]],
  [Status.notADirectory, ['STATUS_NOT_A_DIRECTORY', { missing: 'It is a file, not a folder.' }]],
  [0xc0000043, ['STATUS_SHARING_VIOLATION', IN_USE]],
  [0xc0000054, ['STATUS_FILE_LOCK_CONFLICT', IN_USE]],
  [0xc000009a, ['STATUS_INSUFFICIENT_RESOURCES', BUSY]],
  [0xc0000205, ['STATUS_INSUFF_SERVER_RESOURCES', BUSY]],
  [0xc00000d0, ['STATUS_REQUEST_NOT_ACCEPTED', BUSY]],
  [0xc000011f, ['STATUS_TOO_MANY_OPENED_FILES', BUSY]],
  [0xc00000b5, ['STATUS_IO_TIMEOUT', BUSY]],
  [0xc0000120, ['STATUS_CANCELLED', BUSY]],
  [0xc00000c4, ['STATUS_UNEXPECTED_NETWORK_ERROR', LOST]],
  [0xc00000c9, ['STATUS_NETWORK_NAME_DELETED', LOST]],
  [0xc000020c, ['STATUS_CONNECTION_DISCONNECTED', LOST]],
  [0xc000020d, ['STATUS_CONNECTION_RESET', LOST]],
  [0xc0000466, ['STATUS_SERVER_UNAVAILABLE', LOST]],
  [0xc0000467, ['STATUS_FILE_NOT_AVAILABLE', BUSY]],
  [Status.fileClosed, ['STATUS_FILE_CLOSED', LOST]],
  [Status.userSessionDeleted, ['STATUS_USER_SESSION_DELETED', LOST]],
  [Status.networkSessionExpired, ['STATUS_NETWORK_SESSION_EXPIRED', LOST]],
  [0x8000002d, ['STATUS_STOPPED_ON_SYMLINK', { unsupported: 'symbolic links that the client must follow' }]],
  [0xc0000279, ['STATUS_IO_REPARSE_TAG_NOT_HANDLED', { unsupported: 'reparse points' }]],
  [0xc0000257, ['STATUS_PATH_NOT_COVERED', { unsupported: 'DFS links to another server' }]],
  [Status.notSupported, ['STATUS_NOT_SUPPORTED', { unsupported: 'what was asked of this SMB server' }]],
]);

/** The name of an NTSTATUS, or its number in hexadecimal. */
export function statusName(status: number): string {
  return KINDS.get(status)?.[0] ?? `NTSTATUS 0x${status.toString(16).padStart(8, '0')}`;
}

/** Whether the server says that the session is over, so that a new login helps. */
export function endsSession(status: number): boolean {
  return status === Status.userSessionDeleted || status === Status.networkSessionExpired;
}

/**
 * What the refusal of a request means.
 *
 * @param what - what was asked for, as the message names it: the URL of a file, or "the login at smb://host/"
 */
export function statusError(status: number, what: string): VascuError {
  const name = statusName(status);
  const kind = KINDS.get(status)?.[1];
  if (kind === undefined) {
    return new NetworkError(`${what}: the SMB server failed with ${name}.`, { retryable: false });
  }
  if ('auth' in kind) return new AuthError(kind.auth, `${what}: refused with ${name}. ${kind.hint}`);
  if ('missing' in kind) return new NotFoundError(`${what} was not found (${name}). ${kind.missing}`);
  if ('network' in kind) {
    return new NetworkError(`${what}: ${name}. ${kind.network}`, { retryable: kind.retryable });
  }
  return new UnsupportedError(
    kind.unsupported,
    `${what}: ${kind.unsupported} are not supported (${name}). Give the path where the file itself lies.`,
  );
}
