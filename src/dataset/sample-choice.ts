import { ConfigError, isVascuError } from '../core/errors.ts';
import { compileGlob } from '../core/glob.ts';
import { showValue } from '../core/show-value.ts';

/** Globs of the paths that may be samples; see `VascuDatasetOptions`. */
export interface ChoiceOptions {
  readonly include?: string | readonly string[] | undefined;
  readonly exclude?: string | readonly string[] | undefined;
}

/** Reasons for which a mesh file is not among those that may be samples. */
type Refusal = 'not-included' | 'excluded';

/** Choice of the files that may be samples, by `include` and `exclude`. */
export class SampleChoice {
  readonly #include: readonly ((path: string) => boolean)[] | undefined;
  readonly #exclude: readonly ((path: string) => boolean)[];
  /** Options that say something, as messages show them: `include "*.vtu"`. */
  readonly label: string;

  /** @throws ConfigError for an option that is no pattern, or several */
  constructor(options: ChoiceOptions) {
    const [include, exclude] = [toPatterns(options, 'include'), toPatterns(options, 'exclude')];
    this.#include = include && compileAll(include, 'include');
    this.#exclude = compileAll(exclude ?? [], 'exclude');
    this.label = [labelOf('include', include), labelOf('exclude', exclude)]
      .filter((label) => label !== '')
      .join(', ');
  }

  /** True when every file may be a sample. */
  get isAll(): boolean {
    return this.#include === undefined && this.#exclude.length === 0;
  }

  /** Says why a path, from the dataset's folder on, may be no sample; undefined where it may. */
  refusalOf(path: string): Refusal | undefined {
    if (this.#include !== undefined && !this.#include.some((matches) => matches(path))) return 'not-included';
    return this.#exclude.some((matches) => matches(path)) ? 'excluded' : undefined;
  }

  /** Says in words why a path may be no sample; undefined where it may. */
  describeRefusal(path: string): string | undefined {
    const refusal = this.refusalOf(path);
    if (refusal === undefined) return undefined;
    return refusal === 'excluded' ? 'it is left out by exclude' : 'it is not matched by include';
  }
}

function toPatterns(options: ChoiceOptions, option: keyof ChoiceOptions): readonly string[] | undefined {
  const given: unknown = options[option];
  if (given === undefined) return undefined;
  const patterns: unknown = typeof given === 'string' ? [given] : given;
  const isEmpty = Array.isArray(patterns) && patterns.length === 0 && option === 'include';
  if (
    !isEmpty &&
    Array.isArray(patterns) &&
    patterns.every((pattern) => typeof pattern === 'string' && pattern !== '')
  ) {
    return patterns as string[];
  }
  throw new ConfigError(
    option,
    `${option} must be a pattern such as '**/*.vtu', or a list of them, not ${showOdd(given)}.`,
  );
}

/** Shows a value that is no pattern; of a list the first thing in it that is none. */
function showOdd(given: unknown): string {
  if (!Array.isArray(given)) return showValue(given);
  const odd: unknown = given.find((each) => typeof each !== 'string' || each === '');
  return given.length === 0 ? 'an empty list' : `one with ${showValue(odd)}`;
}

function compileAll(patterns: readonly string[], option: string): ((path: string) => boolean)[] {
  return patterns.map((pattern) => {
    try {
      return compileGlob(pattern);
    } catch (cause) {
      if (!isVascuError(cause, 'CONFIG')) throw cause;
      throw new ConfigError(option, `${option}: ${cause.message}`, { cause });
    }
  });
}

function labelOf(option: string, patterns: readonly string[] | undefined): string {
  return patterns === undefined
    ? ''
    : `${option} ${patterns.map((pattern) => showValue(pattern)).join(', ')}`;
}
