import { isVascuError } from '../core/errors.ts';
import type { ViewFault, ViewFaultCode } from './view-protocol.ts';

/** Refusal of a request by the server itself. */
export class ViewRefusal extends Error {
  override readonly name = 'ViewRefusal';
  readonly code: ViewFaultCode;

  constructor(code: ViewFaultCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Status of an answer by the class of what is told in it. */
const HTTP_STATUS: Readonly<Record<ViewFaultCode, number>> = {
  CONFIG: 400,
  TOKEN: 403,
  HOST: 403,
  ORIGIN: 403,
  NOT_FOUND: 404,
  METHOD: 405,
  OTHER_MESH: 409,
  EMPTY: 422,
  FORMAT: 422,
  UNSUPPORTED: 422,
  INTEGRITY: 502,
  NETWORK: 502,
  AUTH: 502,
  CACHE: 500,
  INTERNAL: 500,
  DISPOSED: 503,
};

/** Options of the checks of this package that say more than that something cannot be used as given. */
const BY_OPTION: Readonly<Record<string, ViewFaultCode>> = { mesh: 'EMPTY', minus: 'OTHER_MESH' };

/** Describes what went wrong, with the status of the answer that says so. */
export function describeFault(error: unknown): { readonly status: number; readonly fault: ViewFault } {
  const fault = faultOf(error);
  return { status: HTTP_STATUS[fault.code], fault };
}

function faultOf(error: unknown): ViewFault {
  const nowhere = { path: undefined, offset: undefined };
  if (error instanceof ViewRefusal) return { code: error.code, message: error.message, ...nowhere };
  if (isVascuError(error, 'FORMAT')) {
    const { code, message, path, offset } = error;
    return { code, message, path, offset };
  }
  if (isVascuError(error, 'CONFIG')) {
    const { at } = error as { readonly at?: unknown };
    const code = BY_OPTION[error.option] ?? error.code;
    return { code, message: error.message, path: undefined, offset: typeof at === 'number' ? at : undefined };
  }
  if (isVascuError(error)) return { code: error.code, message: error.message, ...nowhere };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message: `Something unforeseen happened: ${message}`, ...nowhere };
}
