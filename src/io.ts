export type { ByteRange, Checksum, FileEntry, ReadOptions, Source, SourceFile } from './core/source.ts';
export { LocalSource, type LocalSourceOptions } from './sources/local.ts';
export {
  DataStreamer,
  type HeldFile,
  type ListFilesOptions,
  type StreamerStats,
} from './streamers/data-streamer.ts';
export { type FileAccess, openFileAccess } from './streamers/file-access.ts';
export { LocalStreamer, type LocalStreamerOptions } from './streamers/local-streamer.ts';
