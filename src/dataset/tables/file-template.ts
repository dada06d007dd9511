import { parse, sep } from 'node:path';
import { ConfigError } from '../../core/errors.ts';
import { PathTemplate } from '../../core/path-template.ts';
import { showNames, showValue } from '../../core/show-value.ts';
import type { TemplateToken } from '../../core/template-matcher.ts';
import { ownPathOf } from '../given-file.ts';

/** Template of files of which each describes the samples that have its captures: `{case}/params_{case}.csv`. */
export class FileTemplate {
  /** Names of the captures, each once. */
  readonly names: readonly string[];
  readonly #text: string;
  readonly #root: string;
  readonly #tokens: readonly TemplateToken[];

  /** @throws ConfigError for braces that are no capture, and for signs that stand for several files */
  constructor(file: string) {
    const own = ownPathOf(file, 'metadata');
    const { root } = own === undefined ? { root: '' } : parse(own);
    const rest = (own ?? file).slice(root.length);
    const template = PathTemplate.parse(
      own !== undefined && sep === '\\' ? toSlashes(rest) : rest,
      'metadata',
    );
    const several = template.tokens.find(({ kind }) => !['literal', 'text', 'number'].includes(kind));
    if (several !== undefined) {
      throw new ConfigError(
        'metadata',
        `${showValue(file)} may stand for several files: a table of metadata is one file, or with captures one a sample, without "*" and "?".`,
      );
    }
    this.#text = file;
    this.#root = root;
    this.#tokens = template.tokens;
    this.names = template.names;
  }

  /**
   * Checks that samples have the captures.
   *
   * @throws ConfigError where they lack one
   */
  check(known: readonly string[]): void {
    const lacking = this.names.filter((name) => !known.includes(name));
    if (lacking.length === 0) return;
    const there = known.length === 0 ? 'no captures: give a template (samples)' : showNames(known);
    throw new ConfigError(
      'metadata',
      `The table of metadata ${showValue(this.#text)} has the captures ${showNames(lacking)}, which samples have not. They have ${there}.`,
    );
  }

  /** Makes the name of a file of the texts of captures. */
  fileOf(texts: Readonly<Record<string, string>>): string {
    const names = this.#tokens.map((token) =>
      token.kind === 'literal' ? token.text : 'name' in token ? (texts[token.name] ?? '') : '',
    );
    return this.#root + names.join('');
  }
}

function toSlashes(path: string): string {
  return path.replaceAll('\\', '/');
}
