import { onTestFinished } from 'vitest';
import type { FileEntry } from '../../../src/core/source.ts';
import type { SynologySourceOptions } from '../../../src/sources/synology/options.ts';
import { SynologySource } from '../../../src/sources/synology/synology-source.ts';
import { type DsmOptions, LoopbackDsm } from '../../servers/dsm.ts';

export const PASSWORD = 'pass word+%&#é';

/** A loopback DSM and a source over it, both closed when the test has ended. */
export async function startNas(
  options: DsmOptions = {},
  sourceOptions: Partial<SynologySourceOptions> = {},
): Promise<{ readonly dsm: LoopbackDsm; readonly source: SynologySource; readonly warnings: string[] }> {
  const dsm = await LoopbackDsm.start(options);
  onTestFinished(() => dsm.close());
  const warnings: string[] = [];
  const source = new SynologySource({
    url: dsm.url,
    username: 'alice',
    password: PASSWORD,
    proxy: false,
    onWarning: (message) => warnings.push(message),
    ...sourceOptions,
  });
  onTestFinished(() => source.close());
  return { dsm, source, warnings };
}

export async function collect(source: SynologySource, prefix?: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix })) entries.push(entry);
  return entries;
}

export async function readAll(source: SynologySource, path: string): Promise<Uint8Array> {
  return new Response((await source.open(path)).body).bytes();
}

export async function readText(
  ...[source, ...open]: [SynologySource, ...Parameters<SynologySource['open']>]
): Promise<string> {
  return new Response((await source.open(...open)).body).text();
}
