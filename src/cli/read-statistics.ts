import { readFile } from 'node:fs/promises';
import type { Statistics } from '../data.ts';
import { ConfigError, explainSystemError } from '../index.ts';

/**
 * Reads statistics that `vascusim measure` wrote.
 *
 * @throws ConfigError for a file that is not there, or none of these
 */
export async function readStatistics(file: string, signal: AbortSignal): Promise<Statistics> {
  let text: string;
  try {
    text = await readFile(file, { encoding: 'utf8', signal });
  } catch (error) {
    signal.throwIfAborted();
    throw explainSystemError(error, { verb: 'read', file, option: 'standardize' }) ?? error;
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Statistics;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      'standardize',
      `${file} holds no statistics: it is no JSON (${why}). vascusim measure SOURCE -o ${file} makes them.`,
      { cause },
    );
  }
}
