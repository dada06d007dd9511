import { ConfigError } from './errors.ts';
import { showValue } from './show-value.ts';

/** Environment variables by name. */
export type EnvironmentVariables = Readonly<Record<string, string | undefined>>;

/** Environment variables that hold whole numbers. */
export class Variables {
  readonly #environment: EnvironmentVariables;

  /** @param environment - default: that of this process */
  constructor(environment: EnvironmentVariables = processEnvironment()) {
    this.#environment = environment;
  }

  /** Tells whether one of these is set. */
  has(...names: readonly string[]): boolean {
    return names.some((name) => (this.#environment[name] ?? '') !== '');
  }

  /** Gives a variable as it is; undefined where it is not set. */
  text(name: string): string | undefined {
    return this.has(name) ? this.#environment[name] : undefined;
  }

  /**
   * Reads a whole number from 0 on; undefined where it is not set.
   *
   * @throws ConfigError for anything else
   */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new ConfigError(name, `${name} must be a whole number, not ${showValue(text)}.`);
  }
}

function processEnvironment(): EnvironmentVariables {
  return (globalThis as { readonly process?: { readonly env: EnvironmentVariables } }).process?.env ?? {};
}
