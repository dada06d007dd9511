import { Option } from 'commander';
import type { Shard } from '../../loader.ts';
import { warn } from '../terminal/output.ts';

/** Variables of which one is set in every task of an array, so that nothing is loaded to look for them elsewhere. */
const ARRAY_VARIABLES = [
  'SLURM_ARRAY_TASK_ID',
  'PBS_ARRAY_INDEX',
  'PBS_ARRAYID',
  'SGE_TASK_ID',
  'AWS_BATCH_JOB_ARRAY_INDEX',
  'JOB_COMPLETION_INDEX',
];

/** Makes the option that says which share of the samples is meant. */
export function shardOption(): Option {
  return new Option(
    '--shard <share>',
    'only one share of the samples, of equally many bytes: 2/8 is the third of eight; auto: that of this task of an array (SLURM, PBS, SGE, AWS Batch, Kubernetes); auto/8, auto/1-8 where it does not say how many there are',
  );
}

/**
 * Reads the share that is meant; undefined for all. In a task of an array it is said that all is done in each of them.
 *
 * @throws ConfigError for what is no share, and where the environment does not tell which
 */
export async function readShard(given: string | undefined): Promise<Shard | undefined> {
  if (given === undefined && !ARRAY_VARIABLES.some((name) => (process.env[name] ?? '') !== ''))
    return undefined;
  const { arrayVariable, Shard: Share } = await import('../../loader.ts');
  if (given !== undefined) return Share.parse(given);
  const variable = arrayVariable();
  if (variable !== undefined) {
    warn(
      `This is a task of an array (${variable}), and each of its tasks does all samples: --shard auto gives each its share.`,
    );
  }
  return undefined;
}
