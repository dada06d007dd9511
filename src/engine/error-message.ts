/** Longest chain of causes that is described. */
const MAX_CAUSES = 16;

/** Description of an error in a message. */
export interface ErrorMessage {
  /** Name of its class. */
  readonly name: string;
  readonly message: string;
  /** Fields of the error's own that hold plain values. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: ErrorMessage | undefined;
}

/** Describes whatever was thrown, with its causes. */
export function describeError(error: unknown, depth = 0): ErrorMessage {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const plain = Object.entries(error).filter(([name, value]) => name !== 'name' && isPlain(value));
  const { name, message, cause } = error;
  return {
    name,
    message,
    fields: Object.fromEntries(plain),
    cause: cause === undefined || depth === MAX_CAUSES ? undefined : describeError(cause, depth + 1),
  };
}

function isPlain(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
