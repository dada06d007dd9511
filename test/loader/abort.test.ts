import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { makeFolder } from '../temporary-folder.ts';

test('an abort in the middle of an epoch leaves no thread, socket or held file, and no rejection', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`case_${index}.vtu`, smallVtu({ points: 400 })]),
  );
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  // The tenth one never comes.
  server.always('case_17.vtu', { kind: 'stall', afterBytes: 10 });
  const program = fileURLToPath(new URL('../threads/work/aborted-program.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, server.url, await makeFolder()], {
    timeout: 30_000,
  });
  expect(JSON.parse(stdout)).toEqual({ batches: 4, isReason: true, left: [], fileCount: 0, unhandled: 0 });
  expect(server.requestsOf('case_17.vtu').length).toBeGreaterThan(0);
  expect(server.sockets.size).toBe(0);
});
