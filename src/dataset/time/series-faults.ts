import { ConfigError, FormatError, NotFoundError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import { showNames, showValue } from '../../core/show-value.ts';
import type { NameFault } from '../../formats/time-arrays.ts';
import type { TimeOptions } from './time-options.ts';

/** Makes the error of a file whose arrays do not fit together. @param count - of its steps */
export function arrayFault(path: string, faults: readonly NameFault[], count: number): Error {
  const fault =
    faults.find(({ kind }) => kind === 'twice') ?? faults.find(({ kind }) => kind === 'beside') ?? faults[0];
  if (fault === undefined) return new FormatError('has arrays that do not fit together', { path });
  const { name } = fault;
  if (fault.kind === 'twice') {
    const [first, second] = fault.stored;
    return new FormatError(
      `has both ${showValue(first)} and ${showValue(second)}, which are one step (${fault.step}) of ${showValue(name)}`,
      { path, array: name },
    );
  }
  if (fault.kind === 'beside') {
    return new FormatError(
      `has ${showValue(name)} beside ${showValue(fault.stored)}: nothing tells which is meant by the name. Name the fields that have steps in time.names, or ask for others by includeAttributes`,
      { path, array: name },
    );
  }
  const { steps } = fault;
  const shown = steps.slice(0, 3).join(', ');
  const others = faults.length - 1;
  const more = others === 0 ? '' : `; so do ${others} other fields lack some`;
  return new NotFoundError(
    `${path}: the field ${showValue(name)} lacks the step ${shown}${steps.length > 3 ? ', …' : ''} (${steps.length} of ${count} steps)${more}. With time.missing: 'skip' such steps are holes; where it has no steps at all, name those that have some in time.names, or ask for fields by includeAttributes.`,
  );
}

/** Makes the error of two files that are one step. */
export function twiceFault(first: string, second: string, step: number): Error {
  return new FormatError(`is the step ${step}, as ${showValue(first)} is: leave one of them out by exclude`, {
    path: second,
  });
}

/** Makes the error of a `dt` that the metadata of a series do not give. */
export function dtFault(id: string, dt: TimeOptions['dt'], value: unknown, metadata: Metadata): Error {
  const names = Object.keys(metadata);
  const known = names.length === 0 ? 'it has no metadata' : `its metadata have ${showNames(names)}`;
  const what =
    typeof dt === 'string'
      ? `names ${showValue(dt)}, which is ${value === undefined ? 'not in the metadata' : showValue(value)}`
      : `gave ${showValue(value)}`;
  return new ConfigError(
    'time.dt',
    `time.dt ${what} of ${showValue(id)}: it must be a number of seconds other than 0; ${known}.`,
  );
}
