import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { makeDemoDataset } from '../../src/cli/demo/data-set.ts';

/** The data set of the demo. */
export interface DemoFolder {
  /** Set when the tests begin. */
  folder: string;
  /** A folder for what the tests make, removed at their end. */
  readonly made: string;
  /** Its files by name, or those of some of its samples. */
  read(samples?: readonly string[]): Record<string, Uint8Array>;
}

/** Has the data set made before the tests of a suite, and removed after them. */
export function useDemoFolder(): DemoFolder {
  const made = mkdtempSync(join(tmpdir(), 'vascusim-examples-'));
  const demo: DemoFolder = {
    folder: '',
    made,
    read: (samples) =>
      Object.fromEntries(
        readdirSync(demo.folder)
          .filter((name) => samples?.includes(name.replace(/\.\w+$/, '')) !== false)
          .map((name) => [name, readFileSync(join(demo.folder, name))]),
      ),
  };
  beforeAll(async () => {
    vi.stubEnv('TMPDIR', made);
    ({ folder: demo.folder } = await makeDemoDataset());
    vi.unstubAllEnvs();
  });
  afterAll(() => rmSync(made, { recursive: true }));
  return demo;
}
