import type { OpenFileOptions, OpenPartsOptions } from '../core/held-file.ts';
import type { FileEntry, ReadOptions, Source } from '../core/source.ts';
import type { CacheAccess } from '../download/cache-access.ts';
import { DataStreamer, type ListFilesOptions, type StreamerOptions } from './data-streamer.ts';

/**
 * Streamer of files in shares: takes `/share/folder/file.vtu` for `share/folder/file.vtu`, and begins listings and checks
 * in the folder that the address named.
 */
export class ShareStreamer extends DataStreamer {
  /** Share and folder that the address named, `share/folder`; empty for all shares. */
  readonly folder: string;

  constructor(source: Source, folder: string, options: StreamerOptions, cache?: CacheAccess) {
    super(source, options, cache);
    this.folder = folder;
  }

  /** @throws NotFoundError when the folder that the address names is not there, or is a file */
  override async listFiles(options: ListFilesOptions = {}): Promise<FileEntry[]> {
    const { folder, source } = this;
    if (options.prefix !== undefined || folder === '') return super.listFiles(options);
    const files = await super.listFiles({ ...options, prefix: `${folder}/` });
    if (files.length === 0) {
      await this.use(options.signal, async (signal) => source.assertFolder?.(folder, { signal }));
    }
    return files;
  }

  override openFile(path: string, options: OpenFileOptions = {}): ReturnType<DataStreamer['openFile']> {
    return super.openFile(cleanPath(path), options);
  }

  override openParts(path: string, options: OpenPartsOptions): ReturnType<DataStreamer['openParts']> {
    return super.openParts(cleanPath(path), options);
  }

  override getMetadata(path: string, options: ReadOptions = {}): ReturnType<DataStreamer['getMetadata']> {
    return super.getMetadata(cleanPath(path), options);
  }

  override checkConnection(
    options: ReadOptions & { readonly path?: string | undefined } = {},
  ): ReturnType<DataStreamer['checkConnection']> {
    return super.checkConnection({ ...options, path: cleanPath(options.path ?? this.folder) });
  }
}

/** Trims slashes at the ends of a path: of a NAS people write `/share/folder`. */
export function cleanPath(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
