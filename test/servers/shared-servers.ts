import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder in which servers run that test files share; they end when it is gone. */
    readonly serversFolder: string;
    /** Process whose end is theirs too. */
    readonly mainProcess: number;
  }
}

let folder: string | undefined;

/** Makes the folder of servers that take long to start, so that the test file that needs one first starts it for all. */
export function setup(project: TestProject): void {
  folder = mkdtempSync(join(tmpdir(), 'vascusim-servers-'));
  project.provide('serversFolder', folder);
  project.provide('mainProcess', process.pid);
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
