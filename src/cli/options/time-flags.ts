import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TimeOptions, VascuDatasetOptions } from '../../data.ts';
import { wholeNumber } from './parse-option.ts';

interface TimeFlags {
  readonly time?: string | boolean;
  readonly window?: number;
  readonly stride?: number;
  readonly dt?: number | string;
  readonly steps?: NonNullable<TimeOptions['steps']>;
}

/** Heading of these options in the help. */
const GROUP = 'Time options:';

const ORIGINS = ['auto', 'arrays', 'files', 'collection'] as const;

/** Adds the options that make samples of the steps of simulations. */
export function addTimeOptions(command: Command): Command {
  const options = [
    new Option(
      '--time [from]',
      'each step of a simulation is a sample; steps are found by themselves, or with =arrays (pressure_00100 in one file), =files (result_010.vtu, …) or =collection (.pvd, .series)',
    )
      .preset('auto')
      .argParser(parseOrigin),
    new Option(
      '--window <n>',
      'windows of so many steps are samples, their arrays stacked: [nodes, steps]',
    ).argParser(wholeNumber(1)),
    new Option('--stride <n>', 'steps from one window to the next (1)').argParser(wholeNumber(1)),
    new Option(
      '--dt <seconds>',
      'time between two numbers of steps: seconds, or the key of the metadata that says it',
    ).argParser(parseDt),
    new Option(
      '--steps <range>',
      'only these steps: FROM:TO or FROM:TO:EVERY, both ends included and either left out, or numbers with commas between them',
    ).argParser(parseSteps),
  ];
  for (const option of options) command.addOption(option.helpGroup(GROUP));
  return command;
}

/** Reads the options of time; undefined where none is given. */
export function readTimeFlags(command: Command): VascuDatasetOptions['time'] {
  const { time, window, stride, dt, steps } = command.opts<TimeFlags>();
  const isGiven = time !== undefined || window !== undefined || dt !== undefined || steps !== undefined;
  if (time === false || (!isGiven && stride === undefined)) return undefined;
  return {
    ...(typeof time === 'string' && { from: time as NonNullable<TimeOptions['from']> }),
    ...((window !== undefined || stride !== undefined) && { window: { length: window ?? 1, stride } }),
    ...(dt !== undefined && { dt }),
    ...(steps !== undefined && { steps }),
  };
}

/** Reads where steps come from; of a setting or a variable also that they are wanted at all. */
function parseOrigin(text: string): string | boolean {
  const word = text.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(word)) return 'auto';
  if (['false', '0', 'no', 'off'].includes(word)) return false;
  if (ORIGINS.some((origin) => origin === word)) return word;
  throw new InvalidArgumentError(`It must be one of ${ORIGINS.join(', ')}.`);
}

function parseDt(text: string): number | string {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? text : value;
}

function parseSteps(text: string): NonNullable<TimeOptions['steps']> {
  const parts = text.split(':').map((part) => part.trim());
  const isNumber = (part: string): boolean => part !== '' && Number.isFinite(Number(part));
  if (parts.length === 1) {
    const numbers = text.split(',').map((part) => part.trim());
    if (numbers.every(isNumber)) return numbers.map(Number);
  } else if (parts.length <= 3 && parts.every((part) => part === '' || isNumber(part))) {
    const [from, to, every] = parts.map((part) => (part === '' ? undefined : Number(part)));
    if (every === undefined || (Number.isSafeInteger(every) && every > 0)) return { from, to, every };
  }
  throw new InvalidArgumentError('It must be as 1000:2000, 1000:2000:2 or 1000,1010,1020.');
}
