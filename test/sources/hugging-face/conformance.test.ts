import { onTestFinished } from 'vitest';
import { HuggingFaceSource } from '../../../src/sources/hugging-face/hugging-face-source.ts';
import { startHub } from '../../servers/start-hub.ts';
import { FILES, testSource } from '../conformance.ts';

for (const [name, isLfs] of [
  ['files in LFS and in git', undefined],
  ['all files in LFS', (): boolean => true],
  ['all files in git', (): boolean => false],
] as const) {
  // A source keeps to its commit, so a change is seen only after it was told to look again.
  testSource(`Hugging Face, ${name}`, async () => {
    const hub = await startHub();
    hub.pageSize = 3;
    const repository = hub.add('user/cases', FILES, isLfs);
    const source = new HuggingFaceSource({
      repoId: 'user/cases',
      endpoint: hub.url,
      hubCacheDir: false,
      environment: {},
    });
    onTestFinished(() => source.close());
    return {
      source,
      write: async (path, content) => {
        repository.commit({ [path]: content });
        source.refresh();
      },
    };
  });
}
