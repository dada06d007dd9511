import { NotFoundError } from '../../../src/core/errors.ts';

/** Ends in the way that `input` names. */
export async function run(input: string, signal: AbortSignal): Promise<unknown> {
  if (input === 'exit on abort') {
    if (signal.aborted) process.exit(8);
    signal.addEventListener('abort', () => process.exit(8));
  }
  if (input === 'throw') throw new NotFoundError('no such array', { cause: new RangeError('inner') });
  if (input === 'exit') process.exit(7);
  if (input === 'uncaught') {
    setImmediate(() => {
      throw new TypeError('thrown by a callback');
    });
  }
  if (input === 'uncloneable') return { value: () => 1, transfer: [] };
  if (input === 'block') for (;;);
  return new Promise(() => undefined);
}
