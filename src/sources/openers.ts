import { openWebServer } from './http/open.ts';
import { openHub } from './hugging-face/open.ts';
import { openFolder } from './local/open.ts';
import type { KindOpeners } from './registry.ts';
import { openBucket } from './s3/open.ts';
import { openSmb } from './smb/open.ts';
import { openSynology } from './synology/open.ts';

/** Openers of all kinds at once, which loads them all. */
export const OPENERS: KindOpeners = {
  local: openFolder,
  http: openWebServer,
  synology: openSynology,
  smb: openSmb,
  hf: openHub,
  s3: openBucket,
};
