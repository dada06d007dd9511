import {
  AuthError,
  NetworkError,
  NotFoundError,
  UnsupportedError,
  type VascuError,
} from '../../core/errors.ts';
import type { LeftOut } from '../../core/source.ts';

/** An error that the NAS answered: the meaning of the code depends on the API. */
export class ApiFailure {
  readonly code: number;
  /** Details that the answer adds, such as the name of the parameter. */
  readonly details: unknown;

  constructor(code: number, details?: unknown) {
    this.code = code;
    this.details = details;
  }
}

/** Outcome that is neither what was asked for nor a code: a page of DSM, or of something before it. */
export class NoAnswer {
  /** Function that rejects with what it means, once it is known that the session still holds. */
  readonly explain: () => Promise<never>;
  /** Status of HTTP. */
  readonly status: number;

  constructor(status: number, explain: () => Promise<never>) {
    this.status = status;
    this.explain = explain;
  }
}

/** Context of a call that failed, as messages tell it. */
export interface CallContext {
  /** Address `nas://host:port`. */
  readonly id: string;
  readonly username: string;
  /** Label of what was asked for, such as `the folder "share/cases"`. */
  readonly label: string;
}

/**
 * Tells whether a code says that the session is gone: idle for too long, displaced by another sign-in, not known (any
 * more), or used from another address.
 */
export function endsSession(code: number): boolean {
  return code === 106 || code === 107 || code === 119 || code === 150;
}

/** Tells the same, also by the code by which older DSM says it as well as that a right is missing. */
export function mayEndSession(code: number): boolean {
  return code === 105 || endsSession(code);
}

/** Explains the codes of SYNO.API.Auth (DSM Login Web API Guide, "Error codes"). */
export function authFailure({ code }: ApiFailure, context: CallContext): VascuError {
  const { id, username } = context;
  switch (code) {
    case 400:
      return new AuthError(
        'bad-credentials',
        `${id} does not accept the user name "${username}" with this password: check both. They are not tried again, since repeated failures make the NAS block this address.`,
      );
    case 401:
      return new AuthError(
        'account-locked',
        `The account "${username}" is disabled on ${id}: enable it in DSM, ${USERS}.`,
      );
    case 402:
    case 160:
      return applicationFailure(context);
    case 403:
      return new AuthError(
        'otp-required',
        `${id} asks "${username}" for a second factor: give the option otp (a code, or a function that asks for it) once, and deviceIdFile so that later starts need none.`,
      );
    case 404:
      return new AuthError(
        'otp-wrong',
        `${id} does not accept the one-time code for "${username}": it may have expired; check the clocks of the phone and of the NAS.`,
      );
    case 405:
      return new AuthError(
        'no-permission',
        `"${username}" may not sign in at this address of ${id}: use DSM's own port.`,
      );
    case 406:
      return new AuthError(
        'otp-required',
        `${id} demands that "${username}" sets up a second factor: sign in to DSM once in a browser and do so, then give the option otp.`,
      );
    case 407:
      return new AuthError(
        'ip-blocked',
        `${id} has blocked the address of this machine after too many failures: remove it in DSM, Control Panel > Security > Protection > Allow/Block List, or wait until the block ends.`,
      );
    case 408:
    case 409:
    case 410:
      return new AuthError(
        'password-expired',
        `The password of "${username}" on ${id} has expired: sign in to DSM once in a browser and change it.`,
      );
    case 411:
      return new AuthError(
        'account-locked',
        `The account "${username}" is locked on ${id}: unlock it in DSM, ${USERS}.`,
      );
    default:
      return generalFailure(code, { ...context, label: `the sign-in of "${username}"` });
  }
}

/** Explains the codes of SYNO.FileStation.* (File Station Official API Guide, "Error codes"). */
export function fileFailure({ code, details }: ApiFailure, context: CallContext): VascuError {
  const { id, label } = context;
  const place = `${label} on ${id}`;
  switch (code) {
    case 105:
    case 403:
    case 404:
    case 405:
    case 406:
    case 407:
      return new AuthError(
        'no-permission',
        `"${context.username}" has no right to read ${place}: grant it in DSM, Control Panel > Shared Folder > Edit > Permissions (error ${code}).`,
      );
    case 160:
      return applicationFailure(context);
    case 408:
      return new NotFoundError(`There is nothing at ${place}.`);
    case 409:
    case 410:
      return new NetworkError(
        `${place} lies on a remote folder that is offline or cannot be read: look at it in File Station, Tools > Remote Connection and Mount Remote Folder (error ${code}).`,
        { retryable: false },
      );
    case 412:
    case 413:
    case 418:
    case 419:
    case 420:
      return new NotFoundError(`The NAS takes no such name: ${place} (error ${code}).`);
    case 402:
    case 421:
      return new NetworkError(`The NAS is too busy to give ${place} (error ${code}).`);
    case 401:
    case 417:
      return new NetworkError(
        `The NAS failed to read ${place} (error ${code}): look at Storage Manager in DSM if it stays.`,
      );
    case 599:
      return new NetworkError(`The NAS has forgotten the task for ${place} (error 599).`, {
        retryable: false,
      });
    case 400:
      return refusedParameters(code, details, context);
    default:
      return generalFailure(code, context, details);
  }
}

/** Tells why a listing passes over one folder that answers this code; undefined where the listing cannot go on. */
export function leftOutReason(code: number): LeftOut['reason'] | undefined {
  switch (code) {
    case 105:
    case 403:
    case 404:
    case 405:
    case 406:
    case 407:
      return 'no-permission';
    // A remote folder, mounted by DSM, that is offline.
    case 409:
    case 410:
      return 'link';
    case 412:
    case 413:
    case 418:
    case 419:
    case 420:
      return 'name';
    default:
      return undefined;
  }
}

const USERS = 'Control Panel > User & Group';

function applicationFailure({ id, username }: CallContext): AuthError {
  return new AuthError(
    'no-permission',
    `"${username}" may not use File Station on ${id}: allow it in DSM, ${USERS} > Edit > Applications.`,
  );
}

function refusedParameters(code: number, details: unknown, { id, label }: CallContext): UnsupportedError {
  const parameter = parameterName(details);
  const which = parameter === undefined ? '' : ` "${parameter}"`;
  return new UnsupportedError(
    'synology-parameters',
    `${id} does not take the parameters${which} that ask for ${label} (error ${code}): its File Station differs from those known; please report it with the DSM version.`,
  );
}

/** Explains the codes that every API has, and those of no list. */
function generalFailure(code: number, context: CallContext, details?: unknown): VascuError {
  const { id, label } = context;
  switch (code) {
    case 101:
    case 114:
    case 120:
      return refusedParameters(code, details, context);
    case 102:
    case 103:
    case 104:
      return new UnsupportedError(
        'synology-api',
        `${id} does not know the request for ${label} (error ${code}): start the File Station package in DSM's Package Center, or update DSM (5.2 or newer is needed).`,
      );
    case 107:
      return new NetworkError(
        `Another program signs in to ${id} as "${context.username}" and ends this session: give each program an account of its own (error 107).`,
        { retryable: false },
      );
    case 150:
      return new NetworkError(
        `${id} sees the calls come from changing addresses and ends the session (a VPN, or two networks): use one way to the NAS (error 150).`,
        { retryable: false },
      );
    case 106:
    case 119:
      return new NetworkError(
        `${id} does not know the session that it has just opened: a proxy between may drop cookies (error ${code}).`,
        { retryable: false },
      );
    case 100:
    case 109:
    case 110:
    case 111:
    case 117:
    case 118:
      return new NetworkError(`The NAS failed to give ${label} on ${id} (error ${code}).`);
    default:
      return new NetworkError(`${id} answered error ${code} to the request for ${label}.`, {
        retryable: false,
      });
  }
}

function parameterName(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('name' in details)) return undefined;
  return typeof details.name === 'string' ? details.name : undefined;
}
