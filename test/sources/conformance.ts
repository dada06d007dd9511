import { describe, test } from 'vitest';
import * as contract from '../../src/testing.ts';

export const FILES: Readonly<Record<string, string>> = contract.sourceFiles;

/** Runs the contract of every source against the one that `make` builds over {@link FILES}. */
export function testSource(name: string, make: () => Promise<contract.SourceFixture>): void {
  describe(`source: ${name}`, () => contract.testSource(name, make, test));
}
