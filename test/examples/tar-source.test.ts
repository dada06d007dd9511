import { execFileSync } from 'node:child_process';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TarSource } from '../../examples/tar-source.ts';
import { FILES, testSource } from '../sources/conformance.ts';
import { makeFolder } from '../temporary-folder.ts';

testSource('TarSource of the guide', async () => {
  const folder = await makeFolder(FILES);
  const archive = join(await makeFolder(), 'files.tar');
  const pack = async (): Promise<void> => {
    execFileSync('tar', ['--format=ustar', '-cf', `${archive}.new`, '-C', folder, '.']);
    await rename(`${archive}.new`, archive);
  };
  await pack();
  return {
    source: new TarSource(archive),
    write: async (path, content) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
      await pack();
    },
  };
});
