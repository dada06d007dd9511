import { existsSync } from 'node:fs';
import type { AddressGuess, Recognition, SourceKind } from '../../core/source-kind.ts';
import { connectionEntries } from '../connection-options.ts';
import { findEndpoint } from './hub-settings.ts';
import type { HubOptions } from './options.ts';
import { recognizeRepo } from './repo-reference.ts';

/** Datasets of the Hugging Face Hub. */
export const huggingFace: SourceKind<HubOptions, 'hf'> = {
  name: 'hf',
  title: 'a dataset of the Hugging Face Hub',
  label: 'Hub',
  address: 'hf://datasets/user/name, user/name',
  form: 'a dataset of the Hub as "user/name"',
  schemes: ['hf'],
  options: {
    token: {
      summary: 'a token, a function that gives it, or `false` for none',
      value: 'text',
      default: '`HF_TOKEN`, else what `hf auth login` wrote',
      variables: ['HF_TOKEN'],
      secret: 'token',
    },
    revision: {
      summary: 'branch, tag or commit',
      value: 'text',
      default: '`main`',
      flag: '--revision <name>',
      noun: 'the revision',
      config: 'anyone',
    },
    endpoint: {
      summary: 'address of another Hub',
      value: 'url',
      default: '`HF_ENDPOINT`, else the public Hub',
      flag: '--endpoint <url>',
      noun: 'the address of the Hub',
      variables: ['HF_ENDPOINT'],
      config: 'user',
    },
    offline: {
      summary: 'use of what was fetched before alone: no request is made',
      value: 'flag',
      default: '`HF_HUB_OFFLINE`',
      flag: '--offline',
      help: 'only what was fetched before',
      variables: ['HF_HUB_OFFLINE'],
      config: 'anyone',
    },
    hubCacheDir: {
      summary: 'folder of the files that Python has downloaded; `false` for none',
      value: 'file',
      default: '`HF_HUB_CACHE`, `HF_HOME`',
    },
    maxWaitMs: {
      summary: 'longest wait that a rate limit may ask for, milliseconds',
      value: 'count',
      default: '300 000',
    },
    ...connectionEntries(8),
    http: { summary: 'a client to use in place of one of its own', value: 'object' },
    environment: { summary: 'variables to read', value: 'object', default: 'those of the process' },
  },
  recognize,
  open: async (address, options) => (await import('./open.ts')).openHub(address, options),
};

function recognize({ address, given }: AddressGuess<HubOptions>): Recognition | undefined {
  const endpoint = given.endpoint ?? findEndpoint(given.environment ?? process.env);
  const { isRepo, why } = recognizeRepo(address, existsSync, endpoint);
  return isRepo ? { why, certainty: 'sure' } : undefined;
}
