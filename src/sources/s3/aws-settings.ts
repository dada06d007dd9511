import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import type { Environment } from '../environment.ts';
import { type IniSection, parseIni } from './ini-file.ts';

/** Profile of the files that AWS's own programs write: what both say of it. */
export interface Profile {
  readonly name: string;
  /** Section of the profile in the credentials file. */
  readonly credentials: IniSection;
  /** Section of the profile in the config file. */
  readonly config: IniSection;
  /** Section of the config file that the profile's setting `services` names; blocks of it are of one service each. */
  readonly services: IniSection;
  /** Files in which it was looked for, as messages say it, with why one of them could not be read. */
  readonly files: string;
}

/** Reads the value of a variable; undefined where it is not set or empty. */
export function readVariable(environment: Environment, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/**
 * Reads a profile anew. Both files are small, and what they say of the region is needed before anything is asked.
 *
 * @param given - its name, from the option; else AWS_PROFILE, else `default`, says it
 * @throws ConfigError when a profile that was named is in neither file
 */
export function readProfile(environment: Environment, given: string | undefined): Profile {
  const named = given ?? readVariable(environment, 'AWS_PROFILE');
  const name = named ?? 'default';
  const credentialsFile = findFile(environment, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials');
  const configFile = findFile(environment, 'AWS_CONFIG_FILE', 'config');
  const own = readSections(credentialsFile);
  const credentials = own.sections.get(name);
  const { sections, unread } = readSections(configFile);
  const config = sections.get(`profile ${name}`) ?? (name === 'default' ? sections.get(name) : undefined);
  const files = `${credentialsFile}${own.unread} and ${configFile}${unread}`;
  if (named !== undefined && credentials === undefined && config === undefined) {
    const from = given === undefined ? 'AWS_PROFILE names the profile' : 'There is no profile';
    throw new ConfigError(
      'profile',
      `${from} ${showValue(name)}${given === undefined ? ', which is not' : ''} in ${files}: check its name, or make it with "aws configure".`,
    );
  }
  return {
    name,
    credentials: credentials ?? new Map(),
    config: config ?? new Map(),
    services: sections.get(`services ${config?.get('services') ?? ''}`) ?? new Map(),
    files,
  };
}

function findFile(environment: Environment, variable: string, name: string): string {
  const home = readVariable(environment, 'HOME', 'USERPROFILE') ?? homedir();
  const given = readVariable(environment, variable);
  return given === undefined ? join(home, '.aws', name) : given.replace(/^~(?=[/\\])/, () => home);
}

/** Sections of a file, and what messages say of one that is there and cannot be read. */
interface ReadSections {
  readonly sections: ReadonlyMap<string, IniSection>;
  /** Remark in brackets behind a space; empty where there is nothing to say. */
  readonly unread: string;
}

/** Reads the sections of a file; none where it is not there or cannot be read, which need not matter. */
function readSections(file: string): ReadSections {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { sections: new Map(), unread: isMissing ? '' : ` (which cannot be read: ${code})` };
  }
  const sections = [...parseIni(text)].map(
    // Quotes around a name with spaces are no part of it.
    ([name, section]) => [name.replace(/^((?:profile|services) )(["'])(.*)\2$/, '$1$3'), section] as const,
  );
  return { sections: new Map(sections), unread: '' };
}
