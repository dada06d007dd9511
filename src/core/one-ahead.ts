import { turn } from './time-slice.ts';

/**
 * Yields what `source` yields, and has it make the next one while the present one is used. It begins with that in
 * a turn of its own, so that whoever gets the present one can begin first.
 *
 * @param stop - called when the iteration is left early, so that what is being made is given up
 */
export async function* oneAhead<Value>(
  source: AsyncGenerator<Value, void, void>,
  stop: () => void,
): AsyncGenerator<Value, void, void> {
  let isLeft = false;
  let next = source.next();
  try {
    for (;;) {
      const result = await next;
      if (result.done === true) return;
      next = turn().then(() => (isLeft ? source.return() : source.next()));
      // Its turn to be thrown comes when it is asked for.
      next.catch(() => undefined);
      yield result.value;
    }
  } finally {
    isLeft = true;
    stop();
    await next.catch(() => undefined);
    await source.return();
  }
}
