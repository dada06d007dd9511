import { type Command, Option } from 'commander';
import type { PartPattern, VascuDatasetOptions } from '../../data.ts';
import { UsageError } from '../usage-error.ts';
import { readTableOption } from './table-option.ts';

/** Options of a dataset that say which files are samples, what is known of these, and what is made of them. */
export type SamplePatterns = Pick<
  VascuDatasetOptions,
  'include' | 'exclude' | 'samples' | 'metadata' | 'sidecars' | 'graphOf'
>;

interface SampleFlags {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly samples?: readonly string[];
  readonly metadata?: readonly string[];
  readonly sidecars?: boolean;
  readonly graphOf?: 'points' | 'cells';
}

/** Heading of these options in the help. */
const GROUP = 'Sample options:';

/** Value of `--samples` that stands alone: one that no argument can have. */
const ALONE = '\0';

/** Part and template, as `--samples` takes several of them: `wall={case}/wall.vtp`, `wall?=…`. */
const NAMED = /^([^=?/{}*]+)(\?)?=(.+)$/s;

/**
 * Adds the options that say which files of a source are samples: `resolveSource` reads them.
 *
 * @param mayBeAlone - whether `--samples` means something without a template
 */
export function addSampleOptions(command: Command, mayBeAlone = false): Command {
  const template = mayBeAlone ? '--samples [template]' : '--samples <template>';
  const options = [
    new Option(
      '--include <glob>',
      'only files whose paths match may be samples; more than once: any of them',
    ),
    new Option('--exclude <glob>', 'files whose paths match are no samples; more than once: any of them'),
    new Option(
      template,
      "files that are samples, and what their paths say: '{case}/m={flow:number}/internal.vtu'; several times NAME=TEMPLATE: the parts of a sample, NAME?=TEMPLATE for one that may be absent",
    ).preset(ALONE),
    new Option(
      '--metadata <file>',
      "table to join, in the source or on this machine: FILE, FILE:key or FILE:key=column, such as cases.csv:case=case_id; '{case}/{case}.csv' is one a sample; more than once: later ones win",
    ),
  ];
  for (const option of options) command.addOption(option.argParser(collect).helpGroup(GROUP));
  return command
    .addOption(new Option('--no-sidecars', 'read no .json beside meshes').helpGroup(GROUP))
    .addOption(graphOfOption().helpGroup(GROUP));
}

/** Makes the option that says what the nodes of graphs are. */
function graphOfOption(): Option {
  const text =
    'nodes of the graphs: points (default), or cells with the arrays over cells, joined where they share a face';
  return new Option('--graph-of <what>', text).choices(['points', 'cells']);
}

function collect(value: string, before: unknown): string[] {
  return [...(Array.isArray(before) ? (before as string[]) : []), value];
}

/** Tells whether `--samples` was given, with a template or without. */
export function hasSamplesOption(command: Command): boolean {
  return command.opts<SampleFlags>().samples !== undefined;
}

/** Says what to do where `--samples` has taken the source for its template. */
export function adviseOnSamples(command: Command): string {
  const { samples = [] } = command.opts<SampleFlags>();
  const taken = samples.find((each) => each !== ALONE);
  const mayBeAlone = command.options.some(({ long, optional }) => long === '--samples' && optional);
  if (taken === undefined || !mayBeAlone || /[{*?]/.test(taken)) return '';
  return `; --samples has taken "${taken}" for its template: write it behind the source`;
}

/**
 * Reads the options that say which files are samples.
 *
 * @throws UsageError where several templates have no names, or a table has no file
 */
export function readSampleOptions(command: Command): SamplePatterns {
  const { include, exclude, samples = [], metadata, sidecars, graphOf } = command.opts<SampleFlags>();
  const templates = samples.filter((each) => each !== ALONE);
  return {
    include,
    exclude,
    samples: templates.length > 1 ? readParts(templates) : templates[0],
    metadata: metadata?.map(readTableOption),
    // On by itself.
    sidecars: sidecars === false ? false : undefined,
    graphOf,
  };
}

function readParts(templates: readonly string[]): Record<string, PartPattern> {
  const parts = new Map<string, PartPattern>();
  for (const template of templates) {
    const [, name, optional, pattern] = NAMED.exec(template) ?? [];
    if (name === undefined || pattern === undefined) {
      throw new UsageError(
        `--samples ${JSON.stringify(template)} has no name: of several give each as NAME=TEMPLATE, such as --samples 'volume={case}/internal.vtu' --samples 'wall={case}/wall.vtp'.`,
      );
    }
    if (parts.has(name)) throw new UsageError(`--samples names the part "${name}" twice.`);
    parts.set(name, { pattern, optional: optional !== undefined });
  }
  return Object.fromEntries(parts);
}
