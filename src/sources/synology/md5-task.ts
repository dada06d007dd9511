import { NetworkError } from '../../core/errors.ts';
import { wait } from '../../core/retry.ts';
import { ApiFailure, fileFailure } from './codes.ts';
import type { NasConnection } from './connection.ts';
import { nasPath, textParameter } from './parameters.ts';

/** Time between the first two looks at the task, milliseconds: it doubles each time. */
const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 2_000;
/** Longest time for starting and stopping a task, milliseconds; neither follows an abort. */
const TASK_MS = 10_000;

/**
 * Asks for the MD5 of a file as the NAS computes it. The task is stopped whatever happens: one that is not keeps a
 * process of the NAS busy.
 *
 * @returns lower-case hexadecimal
 */
export async function md5Of(nas: NasConnection, path: string, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await runTask(nas, path, signal);
    if (typeof outcome === 'string') return outcome;
    // Code 599: the NAS has forgotten the task.
    if (outcome.code !== 599 || attempt > 1) throw fileFailure(outcome, nas.context(describe(path)));
  }
}

async function runTask(nas: NasConnection, path: string, signal: AbortSignal): Promise<string | ApiFailure> {
  signal.throwIfAborted();
  const label = describe(path);
  const started = nas.tryCall({
    api: 'md5',
    method: 'start',
    parameters: (api) => ({ file_path: textParameter(api, nasPath(path)) }),
    label,
    signal: AbortSignal.timeout(TASK_MS),
  });
  const taskOf = async (): Promise<string | ApiFailure> => {
    const data = await started;
    if (data instanceof ApiFailure) return data;
    if (typeof data['taskid'] === 'string') return data['taskid'];
    throw new NetworkError(`The NAS started no task for ${label}.`, { retryable: false });
  };
  const stop = async (): Promise<void> => {
    const task = await taskOf();
    if (typeof task === 'string') {
      const timeout = AbortSignal.timeout(TASK_MS);
      await nas.tryCall({ ...call('stop', task), label, signal: timeout });
    }
  };
  const unregister = nas.beforeSignOut(stop);
  try {
    const task = await taskOf();
    if (typeof task !== 'string') return task;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
      const data = await nas.tryCall({ ...call('status', task), label, signal });
      if (data instanceof ApiFailure) return data;
      const { finished, md5 } = data;
      if (finished === true && typeof md5 === 'string') return md5.toLowerCase();
      if (finished === true)
        throw new NetworkError(`The NAS computed no MD5 of ${label}.`, { retryable: false });
      await wait(waitMs, signal);
    }
  } finally {
    // A task that cannot be stopped is no reason to fail.
    await stop().catch(() => undefined);
    unregister();
  }
}

function call(
  method: 'status' | 'stop',
  task: string,
): Pick<Parameters<NasConnection['call']>[0], 'api' | 'method' | 'parameters'> {
  return { api: 'md5', method, parameters: (api) => ({ taskid: textParameter(api, task) }) };
}

function describe(path: string): string {
  return `the MD5 of ${JSON.stringify(path)}`;
}
