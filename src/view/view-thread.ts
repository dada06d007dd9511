import type { WorkModule } from '../core/dataset.ts';
import { moduleUrl } from '../core/module-url.ts';
import { WorkerPool } from '../threads/worker-pool.ts';
import type { ViewOutcome, ViewTask } from './view-task.ts';

/** Module that does tasks, on the thread that keeps meshes. */
const VIEW_WORK = moduleUrl('./view-work', import.meta.url) ?? 'vascusim:view-work';

/** Thread that keeps meshes and makes of them what is shown; one task after the other, in the order in which they come. */
export class ViewThread implements AsyncDisposable {
  readonly #pool = new WorkerPool(1);

  /** Starts the thread early. */
  warmUp(): void {
    this.#pool.warmUp([VIEW_WORK]);
  }

  /**
   * Does a task.
   *
   * @param release - called when the thread uses the files of the task no more, which after an abort is later
   */
  async ask(task: ViewTask, signal: AbortSignal, release?: () => void): Promise<ViewOutcome> {
    const outcome = await this.#pool.run(
      {
        label: task.mesh.path,
        module: VIEW_WORK,
        load: () => import('./view-work.ts') as Promise<WorkModule>,
        input: task,
        finish: (value) => value,
        ...(release === undefined ? {} : { release }),
      },
      signal,
    );
    return outcome.value as ViewOutcome;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#pool.close();
  }
}
