import { describe } from 'vitest';
import { hasSamba } from './samba.ts';

if (!hasSamba) {
  const advice = 'Samba not found (Debian: apt install samba smbclient)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests against a real SMB server are skipped\n`);
}

/** A suite that needs a real SMB server: skipped without it, an error in CI. */
export const describeWithSamba: (name: string, body: () => void) => void = describe.skipIf(!hasSamba);
