import { availableParallelism } from 'node:os';
import type { BenchPass } from './bench-pass.ts';

/** Conclusion about what holds up a loop, and what to try. */
interface Conclusion {
  /** Stage that holds it up; `'start-up'`: threads and what they load, which a longer run does not notice. */
  readonly boundBy: BenchPass['boundBy'] | 'start-up';
  readonly suggestion: string;
}

/** Figures of a pass that are looked at. */
type MeasuredPass = Pick<
  BenchPass,
  'boundBy' | 'decodeBusyPercent' | 'decodeMs' | 'waitingPercent' | 'milliseconds'
> &
  Partial<Pick<BenchPass, 'samples'>>;

/** Suggests one thing to try, which follows from what held up the first pass. */
export function conclude(
  cold: MeasuredPass,
  flags: { readonly workers: number | 'auto'; readonly prefetch: number },
  isLocal: boolean,
): Conclusion {
  const { boundBy, decodeBusyPercent } = cold;
  if (cold.samples === 0)
    return { boundBy: undefined, suggestion: 'There is no sample to measure: see what vascusim ls lists.' };
  const busy = Math.round(decodeBusyPercent);
  if (boundBy === 'decode' && 2 * cold.decodeMs < (cold.waitingPercent / 100) * cold.milliseconds) {
    const fewer =
      flags.workers !== 'auto' && flags.workers > 0 ? ', or --workers 0, which has no threads to start' : '';
    return { boundBy: 'start-up', suggestion: `Use more samples (--limit)${fewer}.` };
  }
  switch (boundBy) {
    case 'network':
      return {
        boundBy,
        suggestion: isLocal
          ? `The disk is slower than decoding (${busy} % busy): a faster disk helps.`
          : `Decoding is ${busy} % busy. Try --prefetch ${Math.max(2, 2 * flags.prefetch)}; once cached it comes as in the row "warm".`,
      };
    case 'decode': {
      const lessToDo = 'read fewer arrays (--attributes), or store the meshes as raw appended data';
      if (flags.workers === 'auto')
        return { boundBy, suggestion: `No further thread would help: ${lessToDo}.` };
      const cores = availableParallelism();
      return {
        boundBy,
        suggestion:
          flags.workers < cores
            ? `Try --workers ${Math.min(cores, Math.max(1, 2 * flags.workers))}, or fewer arrays (--attributes).`
            : `All ${cores} processors are at work: ${lessToDo}.`,
      };
    }
    case 'consumer':
      return { boundBy, suggestion: 'The training step is what takes the time: loading keeps up with it.' };
    case undefined:
      return { boundBy, suggestion: 'Use more samples (--limit).' };
  }
}
