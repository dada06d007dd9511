import { type Command, Option } from 'commander';
import type { OptionEntry, SourceKind } from '../../io.ts';
import { byteCount, portNumber, seconds, wholeNumber } from './parse-option.ts';

/** Option of a kind of place, which a flag sets. */
interface FlagUse {
  readonly kind: SourceKind;
  /** Name of the option, and of its field where it is one of an object. */
  readonly path: readonly string[];
  readonly entry: OptionEntry;
}

/** Flag of the command line that sets an option of one or more kinds of places. */
export interface SourceFlag {
  /** Name of the setting, and of the variable in its way: `cacheDir`. */
  readonly name: string;
  /** Name of the flag, such as `--cache-dir`. */
  readonly long: string;
  /** Placeholder of its value, such as `<folder>`; empty for a switch. */
  readonly takes: string;
  /** Meaning of its value: `'value'` of the option itself, or a way to a password. */
  readonly gives: 'value' | 'stdin' | 'command';
  readonly uses: readonly FlagUse[];
}

/**
 * Lists the flags of kinds of places, in the order of their tables: those that several kinds share behind those of one.
 */
export function flagsOf(kinds: readonly SourceKind[]): SourceFlag[] {
  const flags = new Map<string, SourceFlag>();
  const add = (text: string, gives: SourceFlag['gives'], use: FlagUse): void => {
    const [long = '', takes = ''] = text.split(' ');
    const name = flagName(text);
    const before = flags.get(name)?.uses ?? [];
    flags.set(name, { name, long, takes, gives, uses: [...before, use] });
  };
  for (const kind of kinds) {
    for (const { path, entry } of optionsOf(kind)) {
      const use = { kind, path, entry };
      if (entry.flag !== undefined && entry.secret === undefined) add(entry.flag, 'value', use);
      if (entry.secret === 'password') {
        add(`--${path.at(-1)}-stdin`, 'stdin', use);
        add(`--${path.at(-1)}-command <command>`, 'command', use);
      }
    }
  }
  const isShared = (flag: SourceFlag): boolean => placesOf(flag).length > 1;
  const all = [...flags.values()];
  return [...all.filter((flag) => !isShared(flag)), ...all.filter(isShared)];
}

/** Names the setting of a flag: `cacheDir` for `--cache-dir <folder>`. */
export function flagName(flag: string): string {
  const [long = ''] = flag.split(' ');
  return long.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Lists the options of a kind with the fields of objects, each with its path. */
export function optionsOf(
  kind: SourceKind,
): { readonly path: readonly string[]; readonly entry: OptionEntry }[] {
  const table = kind.options as Readonly<Record<string, OptionEntry>>;
  return Object.entries(table).flatMap(([name, entry]) => [
    { path: [name], entry },
    ...Object.entries(entry.fields ?? {}).map(([field, each]) => ({ path: [name, field], entry: each })),
  ]);
}

/** Makes the options of commander that flags come to. */
export function toOptions(flags: readonly SourceFlag[], kinds: readonly SourceKind[]): Option[] {
  return flags.flatMap((flag) => {
    const { long, takes, gives, uses } = flag;
    const [use] = uses;
    const help = (text: (entry: OptionEntry) => string): string => describe(flag, kinds, text);
    if (gives === 'stdin')
      return new Option(
        long,
        help(({ noun }) => `read ${noun ?? 'it'} from standard input`),
      );
    if (gives === 'command')
      return new Option(
        `${long} ${takes}`,
        help(({ noun }) => `the first line that this command prints is ${noun ?? 'it'}`),
      );
    const option = callOption(
      new Option(
        `${long} ${takes}`.trim(),
        help((entry) => entry.help ?? entry.summary),
      ),
      flag.name,
    );
    const value = use?.entry.value ?? 'text';
    if (typeof value !== 'string') option.choices([...value]);
    else if (value === 'port') option.argParser(portNumber);
    else if (value === 'count') option.argParser(wholeNumber(0));
    else if (value === 'bytes') option.argParser(byteCount);
    else if (value === 'seconds') option.argParser(seconds);
    if (!uses.some(({ entry }) => entry.off !== undefined)) return option;
    const off = new Option(
      `--no-${long.slice(2)}`,
      help((entry) => entry.off ?? ''),
    );
    return [option, off];
  });
}

/** Makes the name by which settings, variables and commands know an option another one than that of its flag. */
export function callOption(option: Option, name: string): Option {
  option.attributeName = () => name;
  return option;
}

/** Lists the names by which the guide knows the kinds that a flag is for. */
function placesOf({ uses }: Pick<SourceFlag, 'uses'>): string[] {
  return [...new Set(uses.map(({ kind }) => kind.family?.of.name ?? kind.name))];
}

/** Tells which files of settings may say a flag: the strictest that a kind of place says for which they count. */
export function configOf({ gives, uses }: SourceFlag): 'anyone' | 'user' | undefined {
  if (gives !== 'value') return gives === 'command' ? 'user' : undefined;
  const said = uses.filter(({ entry }) => entry.typed !== true).map(({ entry }) => entry.config);
  if (said.length === 0 || said.includes(undefined)) return undefined;
  return said.includes('user') ? 'user' : 'anyone';
}

/** Tells which texts are said of which kinds, where it is not all that have the flag: `NAS: port`. */
function describe(
  { uses }: SourceFlag,
  kinds: readonly SourceKind[],
  text: (entry: OptionEntry) => string,
): string {
  const texts = new Map<string, SourceKind[]>();
  for (const { kind, entry } of uses) texts.set(text(entry), [...(texts.get(text(entry)) ?? []), kind]);
  return [...texts]
    .map(([said, having]) => {
      const labels = [...new Set(having.map((kind) => labelOf(kind, having, kinds)))];
      return labels.length > 1 ? said : `${labels[0]}: ${said}`;
    })
    .join('; ');
}

/** Finds the label of a kind: that of the family, where all its kinds have it. */
function labelOf(kind: SourceKind, having: readonly SourceKind[], kinds: readonly SourceKind[]): string {
  const { family } = kind;
  if (family === undefined) return kind.label;
  const ways = kinds.filter((each) => each.family?.of === family.of);
  return ways.every((way) => having.includes(way)) ? family.of.label : kind.label;
}

/** Kinds of places that a command reads, and their flags. */
interface NotedFlags {
  readonly flags: readonly SourceFlag[];
  readonly kinds: readonly SourceKind[];
}

const NOTED = new WeakMap<Command, NotedFlags>();

/** Keeps in mind which kinds of places a command reads. */
export function noteFlags(
  command: Command,
  flags: readonly SourceFlag[],
  kinds: readonly SourceKind[],
): void {
  NOTED.set(command, { flags, kinds });
}

/** Gives the kinds of places that a command reads, and their flags; none where it reads none. */
export function notedFlags(command: Command): NotedFlags {
  return NOTED.get(command) ?? { flags: [], kinds: [] };
}
