import { onOneLine, shorten } from './show-value.ts';

/** Machine-readable class of a {@link VascuError}. */
export type ErrorCode =
  | 'NOT_FOUND'
  | 'AUTH'
  | 'NETWORK'
  | 'INTEGRITY'
  | 'FORMAT'
  | 'CACHE'
  | 'CONFIG'
  | 'UNSUPPORTED'
  | 'DISPOSED';

/** Most characters of a message: none grows with the value of an option, a file name or an answer. */
const MAX_MESSAGE_CHARACTERS = 2_000;

/** Base of every error this package throws; an abort is never wrapped in one. */
export abstract class VascuError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    super(shorten(message, MAX_MESSAGE_CHARACTERS), options);
  }
}

/** A file, sample, share or array name that does not exist. */
export class NotFoundError extends VascuError {
  override readonly name = 'NotFoundError';
  readonly code = 'NOT_FOUND';
}

/** An option that cannot be used as given. */
export class ConfigError extends VascuError {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG';
  /** Name of the offending option. */
  readonly option: string;

  constructor(option: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.option = option;
  }
}

/** Place in a file at which a {@link FormatError} arose. */
export interface FormatPlace {
  /** File as the caller named it. */
  readonly path: string;
  /** Byte offset in the file. */
  readonly offset?: number | undefined;
  /** Name of the data array being read. */
  readonly array?: string | undefined;
}

/** Bytes that are not what their format requires. The message names file, array and byte offset. */
export class FormatError extends VascuError {
  override readonly name = 'FormatError';
  readonly code = 'FORMAT';
  readonly path: string;
  readonly offset: number | undefined;
  readonly array: string | undefined;
  /** Text of what is wrong, without the place. */
  readonly problem: string;

  constructor(problem: string, place: FormatPlace, options?: ErrorOptions) {
    const array = place.array === undefined ? '' : `, array "${onOneLine(shorten(place.array))}"`;
    const offset = place.offset === undefined ? '' : `, byte ${place.offset}`;
    super(`${place.path}${array}${offset}: ${problem}`, options);
    this.problem = problem;
    this.path = place.path;
    this.offset = place.offset;
    this.array = place.array;
  }
}

/** Reason that kept a login or a permission from being granted. */
export type AuthReason =
  | 'bad-credentials'
  | 'otp-required'
  | 'otp-wrong'
  | 'account-locked'
  | 'password-expired'
  | 'ip-blocked'
  | 'no-permission'
  | 'gated'
  | 'token-required'
  | 'certificate';

/** A login, permission or certificate that was refused. Trying again without a change does not help. */
export class AuthError extends VascuError {
  override readonly name = 'AuthError';
  readonly code = 'AUTH';
  readonly reason: AuthReason;

  constructor(reason: AuthReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Facts that a {@link NetworkError} knows of its failure. */
export interface NetworkFailure {
  /** Status of the HTTP answer, where there was one. */
  readonly status?: number | undefined;
  /** True when trying again may help. @defaultValue true */
  readonly retryable?: boolean | undefined;
  /** Time that the server asks to wait before the next try, milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A server that cannot be reached, does not answer in time or fails. */
export class NetworkError extends VascuError {
  override readonly name = 'NetworkError';
  readonly code = 'NETWORK';
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, failure: NetworkFailure = {}, options?: ErrorOptions) {
    super(message, options);
    this.status = failure.status;
    this.retryable = failure.retryable ?? true;
    this.retryAfterMs = failure.retryAfterMs;
  }
}

/** Bytes that arrived and are not those that were announced: another length or another digest. */
export class IntegrityError extends VascuError {
  override readonly name = 'IntegrityError';
  readonly code = 'INTEGRITY';
  /** Length or digest as announced. */
  readonly expected: string;
  /** Length or digest of what arrived. */
  readonly actual: string;

  constructor(message: string, expected: string, actual: string, options?: ErrorOptions) {
    super(message, options);
    this.expected = expected;
    this.actual = actual;
  }
}

/** A cache that cannot be used or has no room left. */
export class CacheError extends VascuError {
  override readonly name = 'CacheError';
  readonly code = 'CACHE';
}

/** A valid demand that this package does not meet. */
export class UnsupportedError extends VascuError {
  override readonly name = 'UnsupportedError';
  readonly code = 'UNSUPPORTED';
  readonly feature: string;

  constructor(feature: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.feature = feature;
  }
}

/** An object used after it was closed. */
export class DisposedError extends VascuError {
  override readonly name = 'DisposedError';
  readonly code = 'DISPOSED';
}

interface ErrorByCode {
  readonly NOT_FOUND: NotFoundError;
  readonly AUTH: AuthError;
  readonly NETWORK: NetworkError;
  readonly INTEGRITY: IntegrityError;
  readonly CACHE: CacheError;
  readonly FORMAT: FormatError;
  readonly CONFIG: ConfigError;
  readonly UNSUPPORTED: UnsupportedError;
  readonly DISPOSED: DisposedError;
}

/**
 * Tells whether `error` comes from this package and, with `codes`, is of one of these classes.
 *
 * @example
 * if (isVascuError(error, 'FORMAT')) console.error(error.path, error.offset);
 */
export function isVascuError<Code extends keyof ErrorByCode>(
  error: unknown,
  ...codes: readonly [Code, ...Code[]]
): error is ErrorByCode[Code];
export function isVascuError(error: unknown): error is VascuError;
export function isVascuError(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return error instanceof VascuError && (codes.length === 0 || codes.includes(error.code));
}
