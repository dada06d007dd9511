import {
  AuthError,
  isVascuError,
  NetworkError,
  NotFoundError,
  UnsupportedError,
  type VascuError,
} from '../../core/errors.ts';
import type { LeftOut } from '../../core/source.ts';
import { STATUSES } from './status-table.ts';

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

/** Finds the name of an NTSTATUS, or its number in hexadecimal. */
export function statusName(status: number): string {
  return STATUSES.get(status)?.[0] ?? `NTSTATUS 0x${status.toString(16).padStart(8, '0')}`;
}

/** Tells whether the server says that the session is over, so that a new login helps. */
export function endsSession(status: number): boolean {
  return status === Status.userSessionDeleted || status === Status.networkSessionExpired;
}

/**
 * Makes the error that says what the refusal of a request means.
 *
 * @param label - what was asked for, as the message names it: the URL of a file, or "the login at smb://host/"
 */
export function statusError(status: number, label: string): VascuError {
  const name = statusName(status);
  const meaning = STATUSES.get(status)?.[1];
  if (meaning === undefined) {
    return new NetworkError(`${label}: the SMB server failed with ${name}.`, { retryable: false });
  }
  if ('auth' in meaning) {
    return new AuthError(meaning.auth, `${label}: refused with ${name}. ${meaning.hint}`);
  }
  if ('missing' in meaning) return new NotFoundError(`${label} was not found (${name}). ${meaning.missing}`);
  if ('other' in meaning) return new NotFoundError(`${label} (${name}) ${meaning.other}.`);
  if ('network' in meaning) {
    return new NetworkError(`${label}: ${name}. ${meaning.network}`, { retryable: meaning.retryable });
  }
  const { feature, hint } = meaning;
  return new UnsupportedError(feature, `${label}: ${feature} are not supported (${name}). ${hint}`);
}

/** Features that an {@link UnsupportedError} of a link names. */
const LINKS: ReadonlySet<string> = new Set(
  [...STATUSES.values()].flatMap(([, meaning]) =>
    'feature' in meaning && meaning.isLink ? [meaning.feature] : [],
  ),
);

/** Tells why a listing passes over the one folder that was refused with `error`; undefined where it cannot go on. */
export function leftOutReason(error: unknown): LeftOut['reason'] | undefined {
  if (isVascuError(error, 'AUTH')) return error.reason === 'no-permission' ? 'no-permission' : undefined;
  return isVascuError(error, 'UNSUPPORTED') && LINKS.has(error.feature) ? 'link' : undefined;
}
