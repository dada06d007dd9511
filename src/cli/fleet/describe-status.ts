import type { FleetStatus } from '../../queue/fleet-status.ts';
import { formatPlural } from '../terminal/format-number.ts';

/** Dead letters that are named. */
const MAX_NAMED = 20;

/** Describes the state of a queue in lines. */
export function describeStatus({ name, jobs, workers, fleets, dead }: FleetStatus): readonly string[] {
  const { waiting, active, delayed, failed } = jobs;
  return [
    `Queue ${name}: ${waiting} waiting, ${active} under way, ${delayed} to be tried again, ${failed} given up`,
    ...fleets.map(
      ({ directory, samples, done, failed: lost, isThere }) =>
        `  ${directory}: ${done} of ${formatPlural(samples, 'sample')} done${lost === 0 ? '' : `, ${lost} failed`}${isThere ? '' : ' (nobody watches: the same fleet command goes on)'}`,
    ),
    ...(workers.length === 0
      ? ['No worker is there: vascusim worker starts one.']
      : [`${formatPlural(workers.length, 'worker')}:`]),
    ...workers.map(({ worker, jobs: under }) => `  ${worker}: ${formatPlural(under, 'job')} under way`),
    ...dead.slice(0, MAX_NAMED).map(({ id, reason }) => `  given up ${id}: ${reason}`),
    ...(dead.length > MAX_NAMED ? [`  … and ${dead.length - MAX_NAMED} more (--json names up to 100)`] : []),
  ];
}
