import { createHash } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { FileEntry } from '../../../src/core/source.ts';
import { HuggingFaceSource } from '../../../src/sources/hugging-face/hugging-face-source.ts';
import type { HuggingFaceSourceOptions } from '../../../src/sources/hugging-face/options.ts';
import type { Hub } from '../../servers/hub.ts';
import type { HubChanges, HubRepository } from '../../servers/hub-repository.ts';
import { startHub } from '../../servers/start-hub.ts';

/** A token; no message and no request to another origin may hold it. */
export const TOKEN = 'hf_SecretOfTheTests';

/** A Hub with one dataset, `user/cases`. */
export interface HubFixture {
  readonly hub: Hub;
  readonly repository: HubRepository;
  /** A source of the dataset that knows nothing of this machine's settings; closed when the test has ended. */
  connect(options?: Partial<HuggingFaceSourceOptions>): HuggingFaceSource;
}

export async function makeHub(files: HubChanges): Promise<HubFixture> {
  const hub = await startHub();
  const repository = hub.add('user/cases', files);
  hub.tokens.add(TOKEN);
  return {
    hub,
    repository,
    connect: (options) => {
      const source = new HuggingFaceSource({
        repoId: 'user/cases',
        endpoint: hub.url,
        hubCacheDir: false,
        environment: {},
        ...options,
      });
      onTestFinished(() => source.close());
      return source;
    },
  };
}

export async function listAll(source: HuggingFaceSource, prefix?: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix })) entries.push(entry);
  return entries;
}

/** Bytes without a pattern that repeats, the same each time. */
export function someBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) {
    bytes.set(
      createHash('sha256')
        .update(String(at))
        .digest()
        .subarray(0, length - at),
      at,
    );
  }
  return bytes;
}

/** Requests that brought the token to where it does not belong. */
export function leakedTokens({ requests }: Hub): number {
  return requests.filter(({ route, headers, url }) =>
    route === 'cdn' ? JSON.stringify(headers).includes(TOKEN) || url.includes(TOKEN) : url.includes(TOKEN),
  ).length;
}
