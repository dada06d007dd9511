import { ConfigError } from './errors.ts';
import { shorten } from './show-value.ts';
import { didYouMean } from './suggest.ts';

/**
 * Refuses an options object that holds a name it does not have, so that a misspelt option is not silently
 * without effect. Options set to `undefined` are passed over.
 *
 * @param owner - what takes the options, as the message names it
 * @throws ConfigError naming the unknown option, the one that is most like it, and the known ones
 */
export function rejectUnknownOptions(owner: string, options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    throw new ConfigError(
      name,
      `${owner} has no option "${shorten(name)}"${didYouMean(shorten(name), known)}. Its options are: ${known.toSorted().join(', ')}.`,
    );
  }
}
