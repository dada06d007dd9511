import type { HeldParts } from '../../core/held-file.ts';
import { SharedTask } from '../../core/shared-task.ts';

/** Hold that several have together. */
class SharedHold<Held extends HeldParts> {
  readonly task: SharedTask<Held>;
  held: Held | undefined;
  users = 0;
  /** True once a user wants it removed, as soon as nobody holds it. */
  isDoomed = false;

  constructor(hold: (signal: AbortSignal) => Promise<Held>) {
    this.task = new SharedTask(async (signal) => {
      const held = await hold(signal);
      this.held = held;
      return held;
    });
  }
}

/** Share of a hold. */
export interface HoldShare<Held extends HeldParts> {
  readonly held: Held;
  /** True for the one who had it fetched. */
  readonly isFirst: boolean;
  /**
   * Lets go of it; a second call does nothing.
   *
   * @param remove - whether it is removed when nobody holds it; `'now'` where it is damaged: then whoever has a share of it
   * finds that it is gone
   */
  release(remove: boolean | 'now'): void;
}

/** Holds of what neighbours have in common: each is taken once, and let go of with the last who has it. */
export class SharedHolds<Held extends HeldParts> {
  readonly #holds = new Map<string, SharedHold<Held>>();

  /** Takes a share of a hold, which is made where nobody has it. */
  async share(
    key: string,
    hold: (signal: AbortSignal) => Promise<Held>,
    signal: AbortSignal | undefined,
  ): Promise<HoldShare<Held>> {
    let shared = this.#holds.get(key);
    const isFirst = shared === undefined || shared.task.abandoned;
    if (shared === undefined || shared.task.abandoned) {
      shared = new SharedHold(hold);
      this.#holds.set(key, shared);
    }
    const own = shared;
    own.users++;
    let isHeld = true;
    const release = (remove: boolean | 'now'): void => {
      if (!isHeld) return;
      isHeld = false;
      own.isDoomed ||= remove !== false;
      if (--own.users > 0 && remove !== 'now') return;
      if (this.#holds.get(key) === own) this.#holds.delete(key);
      if (own.held !== undefined) own.held.release({ remove: own.isDoomed });
      else void own.task.ended().then(() => own.held?.release({ remove: own.isDoomed }));
    };
    try {
      return { held: await own.task.join(signal), isFirst, release };
    } catch (error) {
      release(false);
      throw error;
    }
  }
}
