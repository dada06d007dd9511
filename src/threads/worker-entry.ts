import { parentPort } from 'node:worker_threads';
import type { WorkModule } from '../core/dataset.ts';
import { encodeError } from '../core/error-transfer.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** The job that is being done. */
let running: { readonly id: number; readonly controller: AbortController } | undefined;

parentPort?.on('message', (message: ToWorker) => {
  if ('prepare' in message) void prepare(message.prepare);
  else if ('reuse' in message) void reuse(message);
  else if (!('cancel' in message)) void answer(message);
  else if (running?.id === message.cancel) running.controller.abort();
});

async function prepare(modules: readonly string[]): Promise<void> {
  // The job that needs one that cannot be loaded tells of it.
  for (const module of modules)
    await import(/* webpackIgnore: true */ /* @vite-ignore */ module).catch(() => undefined);
  post({ ready: true });
}

async function reuse({ module, reuse: buffers }: Extract<ToWorker, { reuse: unknown }>): Promise<void> {
  const { reuse: take } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as WorkModule;
  take?.(buffers);
}

async function answer({ id, module, input, threads }: Extract<ToWorker, { id: number }>): Promise<void> {
  const controller = new AbortController();
  running = { id, controller };
  try {
    const { run } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as WorkModule;
    // Loading the module is no decoding.
    const start = performance.now();
    const { value, transfer } = await run(input, controller.signal, threads);
    post({ id, value, workMs: performance.now() - start }, transfer);
  } catch (error) {
    post({ id, error: encodeError(error) });
  }
}

function post(message: FromWorker, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}
