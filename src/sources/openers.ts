import { openWebServer } from './http/open.ts';
import { openHub } from './hugging-face/open.ts';
import { openFolder } from './local/open.ts';
import type { KindOpeners } from './registry.ts';
import { openSmb } from './smb/open.ts';
import { openSynology } from './synology/open.ts';

/** What opens each kind at once. It loads them all. */
export const OPENERS: KindOpeners = {
  local: openFolder,
  http: openWebServer,
  synology: openSynology,
  smb: openSmb,
  hf: openHub,
};
