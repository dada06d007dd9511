/*
 * Loaded before a program (`node --import`): ends the process by SIGKILL at the step whose number is in CRASH_AT. A
 * step is the beginning or the end of any call by which a cache changes something on disk. A program that ends prints how
 * many steps it took.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

type Call = (...args: unknown[]) => unknown;

const target = Number(process.env['CRASH_AT'] ?? -1);
let steps = 0;

function step(): void {
  if (steps++ === target) process.kill(process.pid, 'SIGKILL');
}

function patch(object: object, name: string): void {
  const methods = object as Record<string, Call>;
  const call = methods[name] as Call;
  methods[name] = function (this: unknown, ...args: unknown[]): unknown {
    step();
    const done = args.at(-1);
    if (typeof done === 'function') {
      args[args.length - 1] = (...results: unknown[]): void => {
        step();
        (done as Call)(...results);
      };
      return call.apply(this, args);
    }
    const result = call.apply(this, args);
    if (result instanceof Promise) {
      return result.then((value: unknown) => {
        step();
        return value;
      });
    }
    step();
    return result;
  };
}

for (const name of ['mkdirSync', 'renameSync', 'rmSync', 'unlinkSync', 'truncateSync', 'closeSync'])
  patch(fs, name);
for (const name of ['openSync', 'writevSync']) patch(fs, name);
for (const name of ['open', 'writev', 'fdatasync', 'ftruncate']) patch(fs, name);
for (const name of ['mkdir', 'rename', 'rm', 'writeFile']) patch(fs.promises, name);
patch(DatabaseSync.prototype, 'exec');
steps = 0;
syncBuiltinESMExports();

process.on('exit', () => process.stdout.write(`${steps}\n`));
