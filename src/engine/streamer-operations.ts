import { ConfigError } from '../data.ts';
import {
  CacheManager,
  type CacheManagerOptions,
  DataStreamer,
  HuggingFaceStreamer,
  LocalStreamer,
  NASStreamer,
} from '../io.ts';
import type { Message } from './frame.ts';
import type { Context, Operations } from './operation.ts';
import { numberOf, recordOf, textOf } from './request.ts';
import { reviveOptions } from './revive-options.ts';

const STREAMERS: Readonly<Record<string, new (options: never) => DataStreamer>> = {
  NASStreamer,
  HuggingFaceStreamer,
  LocalStreamer,
};

/** Characters of the paths in one part of a listing; one path may have more. */
const PAGE_CHARACTERS = 2 ** 20;

/** Yields paths in pages of about {@link PAGE_CHARACTERS}; none where there are no paths. */
function* pagesOf(paths: readonly string[]): Generator<readonly string[], void, void> {
  let page: string[] = [];
  let characters = 0;
  for (const path of paths) {
    page.push(path);
    characters += path.length;
    if (characters < PAGE_CHARACTERS) continue;
    yield page;
    [page, characters] = [[], 0];
  }
  if (page.length > 0) yield page;
}

/** File of this machine that a client holds. */
class HeldByClient {
  readonly #file: { release(options?: { readonly remove?: boolean }): void };

  constructor(file: { release(options?: { readonly remove?: boolean }): void }) {
    this.#file = file;
  }

  close(remove = false): void {
    this.#file.release({ remove });
  }
}

function streamerOf(request: Message, { handles }: Context): DataStreamer {
  return handles.get(numberOf(request, 'of'), DataStreamer);
}

function nasOf(request: Message, { handles }: Context): NASStreamer {
  return handles.get(numberOf(request, 'of'), NASStreamer);
}

function cacheOf(request: Message, { handles }: Context): CacheManager {
  return handles.get(numberOf(request, 'of'), CacheManager);
}

export const streamerOperations: Operations = {
  streamer(request, context) {
    const kind = textOf(request, 'kind');
    const Streamer = Object.hasOwn(STREAMERS, kind) ? STREAMERS[kind] : undefined;
    if (Streamer === undefined) throw new ConfigError('kind', `The engine has no streamer "${kind}".`);
    const streamer = new Streamer(reviveOptions(recordOf(request, 'options'), context) as never);
    return { value: { handle: context.client.keep(streamer) } };
  },

  async connect(request, context) {
    await nasOf(request, context).connect({ signal: context.call.signal });
    return undefined;
  },

  async listShares(request, context) {
    return { value: await nasOf(request, context).listShares({ signal: context.call.signal }) };
  },

  async listDirectory(request, context) {
    const { signal } = context.call;
    return { value: await nasOf(request, context).listDirectory(textOf(request, 'path'), { signal }) };
  },

  async listFiles(request, context) {
    const { pattern, prefix } = recordOf(request, 'options') as { pattern?: string; prefix?: string };
    const { signal } = context.call;
    const files = await streamerOf(request, context).listFiles({ pattern, prefix, signal });
    for (const page of pagesOf(files.map(({ path }) => path))) {
      await context.call.takeCredit();
      await context.call.sendPart({ files: page });
    }
    return undefined;
  },

  async getFile(request, context) {
    const { downloadIfMissing } = recordOf(request, 'options') as { downloadIfMissing?: boolean };
    const { signal } = context.call;
    const path = await streamerOf(request, context).getFile(textOf(request, 'path'), {
      downloadIfMissing,
      signal,
    });
    return { value: path };
  },

  async openFile(request, context) {
    const { downloadIfMissing } = recordOf(request, 'options') as { downloadIfMissing?: boolean };
    const { signal } = context.call;
    const file = await streamerOf(request, context).openFile(textOf(request, 'path'), {
      downloadIfMissing,
      signal,
    });
    const { path, size } = file;
    return { value: { handle: context.client.keep(new HeldByClient(file)), path, size } };
  },

  release(request, { handles }) {
    handles.get(numberOf(request, 'of'), HeldByClient).close(request['remove'] === true);
    return undefined;
  },

  async getMetadata(request, context) {
    const { signal } = context.call;
    return { value: await streamerOf(request, context).getMetadata(textOf(request, 'path'), { signal }) };
  },

  async checkConnection(request, context) {
    const { path } = recordOf(request, 'options') as { path?: string };
    const { signal } = context.call;
    return { value: await streamerOf(request, context).checkConnection({ path, signal }) };
  },

  async cleanup(request, context) {
    const what = textOf(request, 'what');
    if (what !== 'lru' && what !== 'all')
      throw new ConfigError('strategy', `cleanup("${what}"): use "lru" or "all".`);
    await streamerOf(request, context).cleanup(what, { signal: context.call.signal });
    return undefined;
  },

  streamerStats(request, context) {
    return { value: streamerOf(request, context).stats() };
  },

  async cache(request, context) {
    const options = recordOf(request, 'options') as CacheManagerOptions;
    const cache = await CacheManager.open(options);
    return { value: { handle: context.client.keep(cache), cacheDir: cache.cacheDir } };
  },

  async cacheStats(request, context) {
    return { value: await cacheOf(request, context).getCacheStats() };
  },

  async listSources(request, context) {
    return { value: await cacheOf(request, context).listSources() };
  },

  async cleanupCache(request, context) {
    await cacheOf(request, context).cleanup({ signal: context.call.signal });
    return undefined;
  },

  async clearAll(request, context) {
    await cacheOf(request, context).clearAll({ signal: context.call.signal });
    return undefined;
  },

  async verify(request, context) {
    const { signal } = context.call;
    const report = await cacheOf(request, context).verify({ repair: request['repair'] === true, signal });
    return { value: report };
  },
};
