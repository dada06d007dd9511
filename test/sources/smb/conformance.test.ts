import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { toWire } from '../../../src/protocols/smb/wire-path.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { describeWithSamba } from '../../servers/describe-with-samba.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../../servers/samba.ts';
import { FILES, testSource } from '../conformance.ts';

describeWithSamba('SmbSource against Samba', () => {
  let samba: Samba;
  beforeAll(async () => {
    samba = await startSamba();
  });
  afterAll(() => samba[Symbol.asyncDispose]());

  testSource('smb', async () => {
    // A "?" lies on the disk as the character that stands for it.
    const onDisk = (path: string): string => join(samba.folder, toWire(path).replaceAll('\\', '/'));
    const write = async (path: string, content: string): Promise<void> => {
      await mkdir(dirname(onDisk(path)), { recursive: true });
      await writeFile(onDisk(path), content);
    };
    await rm(samba.folder, { recursive: true, force: true });
    for (const [path, content] of Object.entries(FILES)) await write(path, content);
    const { host, port } = samba;
    const source = new SmbSource({ host, port, share: 'sims', username: USERNAME, password: PASSWORD });
    return { source, write };
  });
});
