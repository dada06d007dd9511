import { ConfigError } from '../core/errors.ts';
import type { GraphOf } from '../core/graph.ts';
import { PathTemplate } from '../core/path-template.ts';
import { showNames, showValue } from '../core/show-value.ts';

/** Part of a sample that is more than a template; see `VascuDatasetOptions.samples`. */
export interface PartPattern {
  /** Template of its files. */
  readonly pattern: string;
  /** True where samples may lack it; the first part may not. @defaultValue false */
  readonly optional?: boolean | undefined;
  /** Graph that is made of it. @defaultValue that of the dataset */
  readonly graphOf?: GraphOf | undefined;
}

/** Template of the files that are samples, or templates of their parts by name, the first of which is the sample's own graph. */
export type SamplesOption = string | Readonly<Record<string, string | PartPattern>>;

/** Part of samples, as its template says. */
export interface PartTemplate {
  /** Name of the part; empty where samples have no parts. */
  readonly name: string;
  readonly template: PathTemplate;
  readonly isOptional: boolean;
  readonly graphOf: GraphOf | undefined;
}

/** Templates of samples: the first part is the sample's own graph. */
export interface SampleTemplates {
  /** False where a single template is given: its samples have no parts. */
  readonly hasParts: boolean;
  readonly first: PartTemplate;
  readonly others: readonly PartTemplate[];
}

const PART_NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u;

const PART_KEYS: readonly (keyof PartPattern)[] = ['pattern', 'optional', 'graphOf'];

const EXAMPLE = "'{case}/internal.vtu', or { volume: '{case}/internal.vtu', wall: '{case}/wall.vtp' }";

/**
 * Reads the option `samples`.
 *
 * @throws ConfigError for anything that is no template, and for a part with a capture that the first one lacks
 */
export function parseSamples(samples: SamplesOption | undefined): SampleTemplates | undefined {
  if (samples === undefined) return undefined;
  if (typeof samples === 'string') {
    const template = parseTemplate(samples);
    return {
      hasParts: false,
      first: { name: '', template, isOptional: false, graphOf: undefined },
      others: [],
    };
  }
  if (typeof samples !== 'object' || samples === null || Array.isArray(samples)) {
    throw fault(`samples must be a template, such as ${EXAMPLE}, not ${showValue(samples)}.`);
  }
  const [first, ...others] = Object.entries(samples)
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => parsePart(name, part));
  if (first === undefined) throw fault(`samples has no part: give a template, such as ${EXAMPLE}.`);
  if (first.isOptional) {
    throw fault(
      `The part "${first.name}" cannot be optional: the first one is the graph itself. Put another one first, or leave samples out by filterFn.`,
    );
  }
  for (const { name, template } of others) {
    const foreign = template.names.filter((each) => !first.template.names.includes(each));
    if (foreign.length === 0) continue;
    throw fault(
      `The part "${name}" captures ${showNames(foreign)}, which the first part "${first.name}" (${showValue(first.template.text)}) does not: nothing says to which sample its files belong. Use "*" for what is to be passed over.`,
    );
  }
  return { hasParts: true, first, others };
}

function parsePart(name: string, part: string | PartPattern): PartTemplate {
  if (!PART_NAME.test(name)) {
    throw fault(
      `A part cannot be called ${showValue(name)}: use letters, digits, "_" and "-", a letter first.`,
    );
  }
  if (typeof part === 'string') {
    return { name, template: parseTemplate(part), isOptional: false, graphOf: undefined };
  }
  if (typeof part !== 'object' || part === null || typeof part.pattern !== 'string') {
    throw fault(
      `The part "${name}" of samples must be a template or { pattern, optional, graphOf }, not ${showValue(part)}.`,
    );
  }
  const unknown = Object.keys(part).find((key) => !PART_KEYS.some((known) => known === key));
  if (unknown !== undefined) {
    throw fault(
      `The part "${name}" of samples has no ${showValue(unknown)}: it may have ${PART_KEYS.join(', ')}.`,
    );
  }
  const { pattern, optional = false, graphOf } = part;
  if (typeof optional !== 'boolean') {
    throw fault(`optional of the part "${name}" must be true or false, not ${showValue(optional)}.`);
  }
  if (graphOf !== undefined && graphOf !== 'points' && graphOf !== 'cells') {
    throw fault(`graphOf of the part "${name}" must be 'points' or 'cells', not ${showValue(graphOf)}.`);
  }
  return { name, template: parseTemplate(pattern), isOptional: optional, graphOf };
}

function parseTemplate(text: string): PathTemplate {
  if (text.trim() === '') throw fault(`A template of samples is empty: give one such as ${EXAMPLE}.`);
  return PathTemplate.parse(text, 'samples');
}

function fault(message: string): ConfigError {
  return new ConfigError('samples', message);
}
