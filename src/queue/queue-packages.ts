import type * as BullMq from 'bullmq';
import type { Redis } from 'ioredis';
import { ConfigError } from '../core/errors.ts';
import { loadOnce } from '../core/load-once.ts';

/** Packages by which jobs are shared among machines. */
export interface QueuePackages {
  readonly bullmq: typeof BullMq;
  readonly Redis: typeof Redis;
}

/**
 * Loader of the packages of queues, which are installed by those who use them.
 *
 * @throws ConfigError with the command that installs them
 */
export const loadQueuePackages: () => Promise<QueuePackages> = loadOnce(async () => {
  try {
    const [bullmq, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, Redis };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError(
      'redis',
      'Jobs on Redis need the packages bullmq and ioredis, which are not installed: npm install bullmq@6 ioredis@6.',
      { cause: error },
    );
  }
});
