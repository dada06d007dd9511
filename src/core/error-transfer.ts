import {
  AuthError,
  CacheError,
  ConfigError,
  DisposedError,
  FormatError,
  IntegrityError,
  NetworkError,
  NotFoundError,
  UnsupportedError,
} from './errors.ts';

/** An error in a form that survives structured cloning with its class, its fields and its chain of causes. */
export interface EncodedError {
  /** Name of the class, see {@link CLASSES}; undefined where the thrown value was no error. */
  readonly className: string | undefined;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Own fields that hold plain values. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: EncodedError | undefined;
}

/** Classes that are restored; an error of another class comes back as an `Error` of that name. */
const CLASSES: Readonly<Record<string, new (...args: never[]) => Error>> = {
  NotFoundError,
  AuthError,
  NetworkError,
  IntegrityError,
  CacheError,
  ConfigError,
  FormatError,
  UnsupportedError,
  DisposedError,
  RangeError,
  TypeError,
  SyntaxError,
};

/** Deepest chain of causes that is followed. */
const MAX_CAUSES = 16;

/** Turns whatever was thrown into a form that can be sent to another thread. */
export function encodeError(error: unknown, depth = 0): EncodedError {
  if (!(error instanceof Error)) return { className: undefined, message: String(error), fields: {} };
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error)) if (isPlain(value)) fields[name] = value;
  const { name, message, stack, cause } = error;
  return {
    className: name,
    message,
    stack,
    fields,
    cause: cause === undefined || depth === MAX_CAUSES ? undefined : encodeError(cause, depth + 1),
  };
}

/** Turns what {@link encodeError} made back into an error of the same class. */
export function restoreError(encoded: EncodedError): unknown {
  const { className, message, stack, fields, cause } = encoded;
  if (className === undefined) return message;
  const options: ErrorOptions = cause === undefined ? {} : { cause: restoreError(cause) };
  const known = Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
  // Built by `Error` on behalf of the class: its prototype, without asking for its constructor's arguments.
  const error: Error = Reflect.construct(Error, [message, options], known ?? Error) as Error;
  if (known === undefined && className !== 'Error') {
    Object.defineProperty(error, 'name', { value: className, configurable: true, writable: true });
  }
  for (const [name, value] of Object.entries(fields)) {
    Object.defineProperty(error, name, { value, configurable: true, enumerable: true, writable: true });
  }
  if (stack !== undefined) {
    Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
  }
  return error;
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'bigint', 'undefined'].includes(typeof value);
}
