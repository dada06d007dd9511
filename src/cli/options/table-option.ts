import { isAbsolute } from 'node:path';
import type { MetadataTableOptions } from '../../data.ts';
import { UsageError } from '../usage-error.ts';
import { expandHome } from './own-path.ts';

/** Colon that is no part of a capture such as `{case:number}`. */
const COLON = /:(?![^{}]*\})/g;

/**
 * Reads the value of `--metadata`: `FILE`, `FILE:key`, `FILE:key=column`, or several keys with commas between them. The
 * last colon behind the last slash counts.
 *
 * @throws UsageError where a file or a key is empty
 */
export function readTableOption(text: string): MetadataTableOptions {
  const name = text.lastIndexOf('/') + 1;
  const colon = [...text.slice(name).matchAll(COLON)].at(-1)?.index;
  // The letter of a disk has one, too.
  const isDisk = colon === 1 && name === 0 && isAbsolute(text);
  if (colon === undefined || isDisk) return { file: expandHome(text, 'The file of --metadata') };
  const file = text.slice(0, name + colon);
  const keys = text
    .slice(name + colon + 1)
    .split(',')
    .map((key) => key.trim().split(/\s*=\s*(.*)/s));
  if (file === '' || keys.some(([key, column]) => key === '' || column === '')) {
    throw new UsageError(
      `--metadata ${JSON.stringify(text)} must be FILE, FILE:key or FILE:key=column, such as cases.csv:case=case_id.`,
    );
  }
  const hasColumns = keys.some(([, column]) => column !== undefined);
  return {
    file: expandHome(file, 'The file of --metadata'),
    key: keys.map(([key = '']) => key),
    column: hasColumns ? keys.map(([key = '', column = key]) => column) : undefined,
  };
}
