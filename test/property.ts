import * as fc from 'fast-check';
import { test as vitestTest } from 'vitest';

export { fc };

/** A test of a rule over generated values; a failure prints the seed and the smallest counterexample. */
export function test<Values extends [unknown, ...unknown[]]>(
  name: string,
  arbitraries: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  check: (...values: Values) => Promise<void> | void,
  options: fc.Parameters<Values> = {},
): void {
  vitestTest(name, async () => {
    await fc.assert(
      fc.asyncProperty(...arbitraries, async (...values: Values) => check(...values)),
      options,
    );
  });
}
