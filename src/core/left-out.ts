import type { LeftOut } from './source.ts';

/** Words for each reason, of one and of several, with what helps. */
const WORDS: Readonly<Record<LeftOut['reason'], readonly [one: string, several: string, help: string]>> = {
  'system-folder': ['system folder', 'system folders', 'a folder that is named itself is listed'],
  'no-permission': [
    'folder that may not be read',
    'folders that may not be read',
    'ask for the right to read',
  ],
  link: ['link that is not followed', 'links that are not followed', 'name where they lead'],
  name: ['name that is no UTF-8', 'names that are no UTF-8', 'rename what has them'],
  path: [
    'name that is no path',
    'names that are no paths',
    'a part between two "/" is empty, "." or ".."; rename what has them',
  ],
  outside: [
    'name that leads out of its archive',
    'names that lead out of their archive',
    'look at who made the archive before you unpack it',
  ],
};

/** Number of names that a sentence has room for. */
const MAX_SHOWN_NAMES = 3;

/**
 * Writes a sentence about what a listing passed over: how many of each reason, the first names, what helps.
 *
 * @returns undefined where nothing was passed over
 */
export function describeLeftOut(leftOut: readonly LeftOut[]): string | undefined {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  if (reasons.length === 0) return undefined;
  const parts = reasons.map((reason) => {
    const [one, several, help] = WORDS[reason];
    const paths = leftOut.filter((entry) => entry.reason === reason).map(({ path }) => path);
    const more = paths.length > MAX_SHOWN_NAMES ? ', …' : '';
    const shown = paths.slice(0, MAX_SHOWN_NAMES).join(', ');
    return `${paths.length} ${paths.length === 1 ? one : several} (${shown}${more}; ${help})`;
  });
  return `Not listed: ${parts.join(', ')}.`;
}
