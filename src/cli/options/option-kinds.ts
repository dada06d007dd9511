import type { PlaceKind } from '../../io.ts';

/** Kinds of places that an option is for; those that are not named here are for all. */
export const OPTION_KINDS: ReadonlyMap<string, readonly (PlaceKind | 'api' | 'smb')[]> = new Map([
  ['accessMode', ['nas']],
  ['user', ['nas']],
  ['passwordStdin', ['nas']],
  ['passwordCommand', ['nas']],
  ['port', ['nas']],
  ['secure', ['api']],
  ['domain', ['smb']],
  ['guest', ['smb']],
  ['ca', ['api', 'hf', 'http']],
  ['fingerprint', ['api', 'hf', 'http']],
  ['insecure', ['api', 'hf', 'http']],
  ['revision', ['hf']],
  ['endpoint', ['hf']],
  ['offline', ['hf']],
]);
