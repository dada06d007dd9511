import type { Command } from 'commander';

/** What a message is read in: it may name only what is there to be used. */
export interface Situation {
  /** `--user` and so on, of the command that runs; undefined while it is not known which one does. */
  readonly flags: ReadonlySet<string> | undefined;
  /** Name of the kind of place that the source was taken for, or of its family. */
  readonly kind: string | undefined;
}

let current: Situation = { flags: undefined, kind: undefined };

/** The situation of the command that runs. */
export function situation(): Situation {
  return current;
}

/** Keeps in mind which options there are. */
export function noteCommand(command: Command): void {
  current = { ...current, flags: new Set(command.options.flatMap(({ long }) => long ?? [])) };
}

/** Keeps in mind what the source is. */
export function notePlace(kind: string): void {
  current = { ...current, kind };
}
