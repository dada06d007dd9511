import { resolve } from 'node:path';
import { Command } from 'commander';
import { VascuDataset } from '../../data.ts';
import { ConfigError } from '../../index.ts';
import type { FleetPlan, PlannedSource, PlannedValue } from '../../queue/job-data.ts';
import type { OpenPlanned } from '../../queue/planned-work.ts';
import { addSampleOptions } from '../options/sample-options.ts';
import { fillIn } from '../options/settings.ts';
import { configOf, notedFlags, optionsOf } from '../options/source-flags.ts';
import { addSourceOptions, type ResolvedSource, resolveSource } from '../options/source-options.ts';

/** Options of sources and samples that a plan may have, beside those of the kinds of places. */
const PLANNED_OPTIONS: readonly string[] = [
  'type',
  'sourceDir',
  'archives',
  'include',
  'exclude',
  'samples',
  'metadata',
  'sidecars',
];

/** Describes the source of a command for workers: its address, and what was typed of its options. No secret is among these. */
export function planSource(command: Command, { given, isLocal }: ResolvedSource): PlannedSource {
  const kept = new Set(plannedOptions(command));
  const options: Record<string, PlannedValue> = {};
  for (const option of command.options) {
    const name = option.attributeName();
    const source = command.getOptionValueSource(name);
    if (!kept.has(name) || source === undefined || source === 'default') continue;
    const value = command.getOptionValue(name) as PlannedValue | undefined;
    if (value !== undefined) options[name] = value;
  }
  return { address: isLocal ? resolve(given) : given, options };
}

/** Lists the options that a plan may have: none that runs a program, weakens a protection or sends a login elsewhere. */
function plannedOptions(command: Command): readonly string[] {
  const { flags } = notedFlags(command);
  const ofPlaces = flags.filter((flag) => configOf(flag) === 'anyone').map(({ name }) => name);
  return [...ofPlaces, ...PLANNED_OPTIONS];
}

/**
 * Opens the source of a plan, with the settings and logins of this machine.
 *
 * @param own - address of the source that these logins are for; undefined where none is named
 * @throws ConfigError for what a plan may not say, and for a source with a login that is not the own one
 */
async function openPlanned(
  { source }: FleetPlan,
  own: string | undefined,
  signal: AbortSignal,
): Promise<VascuDataset> {
  const command = addSampleOptions(addSourceOptions(new Command('worker')));
  const kept = plannedOptions(command);
  const { address, options } = source;
  for (const [name, value] of Object.entries(options)) {
    if (!kept.includes(name) || !isValue(value))
      throw new ConfigError(
        'redis',
        `The plan of a job sets ${JSON.stringify(name.slice(0, 60))}, which only the owner of a worker may: nothing was done.`,
      );
    refuseOwnFiles(name, value);
    command.setOptionValueWithSource(name, value, 'cli');
  }
  fillIn(command);
  const resolved = resolveSource(command, address, signal);
  requireOwn(resolved, own);
  return await VascuDataset.open({ ...resolved.options, signal });
}

/** @throws ConfigError for a table of this machine: a plan may read the source alone */
function refuseOwnFiles(name: string, value: PlannedValue): void {
  if (name !== 'metadata' || !Array.isArray(value)) return;
  if (!value.some((table) => /^(?:[/\\~]|file:|[a-z]:[\\/])|(?:^|[\\/])\.\.(?:[\\/]|$)/i.test(table))) return;
  throw new ConfigError(
    'metadata',
    'The plan of a job names a table outside of its source, and workers read none: put it into the source.',
  );
}

/** @throws ConfigError for a source that a login would be sent to without its owner having said so */
function requireOwn({ kind, given }: ResolvedSource, own: string | undefined): void {
  const hasLogin = optionsOf(kind).some(({ entry }) => entry.secret !== undefined);
  // A token of the Hub goes to the Hub of this machine's own settings alone.
  if (!hasLogin || kind.name === 'hf' || placeOf(given) === placeOf(own)) return;
  const said = own === undefined ? 'nothing says' : 'VASCUSIM_SOURCE names another one than';
  throw new ConfigError(
    'redis',
    `The jobs are of ${given}, and ${said} that the logins of this worker are for it: set VASCUSIM_SOURCE=${given} if they are.`,
  );
}

/** Takes the kind and the host of an address. */
function placeOf(address: string | undefined): string | undefined {
  return address === undefined ? undefined : (/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(address)?.[0] ?? address);
}

function isValue(value: unknown): value is PlannedValue {
  if (Array.isArray(value)) return value.every((each) => typeof each === 'string');
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Makes what opens the sources of plans with the logins of this machine, which are for `own` alone. */
export function planOpener(own: string | undefined): OpenPlanned {
  return (plan, signal) => openPlanned(plan, own?.replace(/[\r\n]+$/, ''), signal);
}
