/**
 * Kind of value an option takes, by which a text of a command line, a variable or a file of settings is read:
 *
 * - `'text'`, `'url'` (an address; it also counts for recognizing what an address names, whoever has said it)
 * - `'flag'`: on or off
 * - `'count'`: a whole number from 0 on; `'port'`: one from 1 to 65535
 * - `'bytes'`: `5GB`, `500MiB`; `'seconds'`: a time, which the option takes in milliseconds
 * - `'file'`: the path of a file or folder; `'pem'`: the text of a certificate, of which the flag names the file
 * - `'object'`: what only a program can say, or an object whose `fields` have flags of their own
 * - a list: one of these words
 */
export type OptionValue =
  | 'text'
  | 'url'
  | 'flag'
  | 'count'
  | 'port'
  | 'bytes'
  | 'seconds'
  | 'file'
  | 'pem'
  | 'object'
  | readonly string[];

/**
 * Way in which a secret reaches a program that is not told it as an argument, which other users could read:
 *
 * - `'password'`: from `VASCUSIM_NAME`, standard input (`--NAME-stdin`), a command (`--NAME-command`) or a hidden prompt;
 *   the option gets a function that finds it when it is needed
 * - `'code'`: from `VASCUSIM_NAME` once, or a prompt; the option gets a function of the attempt, from 1 on
 * - `'token'`: from `VASCUSIM_NAME`, as a text
 * - `'program'`: only a program gives it
 */
export type SecretWay = 'password' | 'code' | 'token' | 'program';

/**
 * Entry that says all of one option, once: from it follow checks, flags, variables, settings, help and documentation.
 */
export interface OptionEntry {
  /** Meaning, noun first, without a full stop: for documentation, and for help where there is no `help`. */
  readonly summary: string;
  readonly value: OptionValue;
  /** Value that holds where it is left out, as documentation says it. @defaultValue `'none'` */
  readonly default?: string | undefined;
  /**
   * Flag of the command line, such as `--region <name>`. The setting (`region`) and the variable (`VASCUSIM_REGION`) have
   * its name. Kinds may share a flag when it takes the same value in each. @defaultValue none: only programs give it
   */
  readonly flag?: string | undefined;
  /** Text of the help, where `summary` does not fit. @defaultValue `summary` */
  readonly help?: string | undefined;
  /** Help of `--no-NAME`, for a `'flag'` that can be said to be off. @defaultValue there is no such flag */
  readonly off?: string | undefined;
  /** Noun with its article that a message takes in place of a flag which the command does not have. */
  readonly noun?: string | undefined;
  /** Variables that the source itself reads, beside `VASCUSIM_NAME`, for help and messages. @defaultValue none */
  readonly variables?: readonly string[] | undefined;
  /**
   * Files of settings that may say it: `'anyone'`, also one that lies beside data; `'user'`, only the user's own, since
   * it runs something, weakens a protection or sends a login elsewhere. Of a secret none may. @defaultValue none
   */
  readonly config?: 'anyone' | 'user' | undefined;
  /**
   * True when only what is typed behind the flag counts: the variable and the setting of its name are those of another
   * kind, whose login must not go there. @defaultValue false
   */
  readonly typed?: boolean | undefined;
  /** Way to a secret, which is never a flag, never in a file, never in a message. @defaultValue it is no secret */
  readonly secret?: SecretWay | undefined;
  /**
   * Noun for what a place needs, such as `'an account'`, for the message that it is missing. @defaultValue it may be
   * left out
   */
  readonly required?: string | undefined;
  /** Options of the kind that are not given where this flag is on. @defaultValue none */
  readonly replaces?: readonly string[] | undefined;
  /** Warning that the command line gives where it is used, behind its flag. @defaultValue none */
  readonly warning?: string | undefined;
  /** Fields of an `'object'`, each with a flag of its own. @defaultValue none */
  readonly fields?: Readonly<Record<string, OptionEntry>> | undefined;
}

/** Entries of all options of an object, each once: a missing or misspelt name does not compile. */
export type OptionTable<Options> = { readonly [Name in keyof Options]-?: OptionEntry };

/** Lists the names and entries of a table, in its order. */
export function entriesOf(table: object): (readonly [name: string, entry: OptionEntry])[] {
  return Object.entries(table as Readonly<Record<string, OptionEntry>>);
}
