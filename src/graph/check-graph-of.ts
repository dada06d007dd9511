import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';

/** @throws ConfigError for a kind of graph that there is not */
export function checkGraphOf(graphOf: unknown): void {
  if (graphOf === 'points' || graphOf === 'cells') return;
  throw new ConfigError('graphOf', `There is no graph of ${showValue(graphOf)}: use 'points' or 'cells'.`);
}
