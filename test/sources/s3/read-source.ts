import type { FileEntry, LeftOut, Source } from '../../../src/core/source.ts';
import type { S3SourceOptions } from '../../../src/sources/s3/options.ts';
import { S3Source } from '../../../src/sources/s3/s3-source.ts';
import type { S3Server } from '../../servers/s3-server.ts';

/** Source of the one bucket of a server, which the variables of this machine do not touch. */
export function sourceOf(server: S3Server, more: Partial<S3SourceOptions> = {}): S3Source {
  const { credentials, url: endpoint } = server;
  const keys = more.anonymous === true ? {} : { credentials };
  return new S3Source({ bucket: 'sims', endpoint, environment: { HOME: '/nonexistent' }, ...keys, ...more });
}

export async function read(source: Source, ...given: Parameters<Source['open']>): Promise<string> {
  return new Response((await source.open(...given)).body).text();
}

export async function list(source: Source, prefix?: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix })) entries.push(entry);
  return entries;
}

/** Paths of a listing, and what it left out. */
export async function listAll(
  source: Source,
  prefix?: string,
): Promise<{ readonly paths: string[]; readonly leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  const paths: string[] = [];
  for await (const { path } of source.list({ prefix, onLeftOut: (entry) => leftOut.push(entry) }))
    paths.push(path);
  return { paths, leftOut };
}
