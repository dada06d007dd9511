import { onTestFinished } from 'vitest';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Serves files over HTTP, and opens data sets over them that read the pressure alone, by parts, with one cache. */
export async function stageParts(
  files: Readonly<Record<string, Uint8Array | string>>,
  options: Partial<StreamingVascuDatasetOptions> = {},
) {
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  const cacheDir = await makeFolder();
  const open = async (): Promise<StreamingVascuDataset> => {
    const dataset = await StreamingVascuDataset.open({
      sourceUrl: `${server.url}/`,
      cacheDir,
      retryDelayMs: 1,
      includeAttributes: ['pressure'],
      mode: 'partial',
      ...options,
    });
    onTestFinished(() => dataset.close());
    return dataset;
  };
  return { server, cacheDir, open };
}
