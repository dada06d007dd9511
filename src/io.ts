export type { ArchiveOptions, ArchiveStats } from './archives/archive-options.ts';
export type { ArchiveSource } from './archives/archive-source.ts';
export { withArchives } from './archives/with-archives.ts';
export type { CacheKey } from './cache/cache-key.ts';
export { CacheManager } from './cache/cache-manager.ts';
export type { AcquireOptions, CachedSource, CacheManagerOptions, CacheStats } from './cache/cache-options.ts';
export type { HeldEntry } from './cache/held-entry.ts';
export type { Reservation } from './cache/reservation.ts';
export type { DamagedFile, VerifyOptions, VerifyReport } from './cache/verify.ts';
/** @internal */
export { archiveKind, archivesOnPath } from './core/archive-name.ts';
export type { ConnectionReport, ConnectionStep } from './core/connection.ts';
export * from './core/errors.ts';
export type {
  FilePart,
  FilePlace,
  HeldFile,
  HeldParts,
  OpenFileOptions,
  OpenPartsOptions,
  PartedFile,
  PartMode,
  PartsRequest,
} from './core/held-file.ts';
export type { Keeper } from './core/keeper.ts';
export { describeLeftOut } from './core/left-out.ts';
export type { OptionEntry, OptionTable, OptionValue, SecretWay } from './core/option-table.ts';
export type { ReadPlan, ReadPlanner, Stretch, WholeReason } from './core/read-plan.ts';
export type {
  ByteRange,
  Checksum,
  FileEntry,
  LeftOut,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from './core/source.ts';
export type {
  AddressGuess,
  KindFamily,
  LineOptions,
  OpenedSource,
  Recognition,
  SourceKind,
} from './core/source-kind.ts';
/** @internal */
export { didYouMean, suggest } from './core/suggest.ts';
export { explainSystemError, type FileAction } from './core/system-error.ts';
export { type FileAccess, openFileAccess } from './files/file-access.ts';
export {
  type ArrayNames,
  findTimeArrays,
  type NameFault,
  type SteppedField,
  type TimeArrayOptions,
  type TimeArrays,
} from './formats/time-arrays.ts';
export type { PartialStats } from './partial/range-files.ts';
export type { HttpClientOptions } from './protocols/http/exchange-types.ts';
export type { TlsOptions } from './protocols/http/tls.ts';
export { HttpSource } from './sources/http/http-source.ts';
export type { HttpSourceOptions } from './sources/http/options.ts';
export { HuggingFaceSource } from './sources/hugging-face/hugging-face-source.ts';
export type { HuggingFaceSourceOptions } from './sources/hugging-face/options.ts';
export { LocalSource, type LocalSourceOptions } from './sources/local/local-source.ts';
export { type RecognizedKind, recognizeKind, typesOf } from './sources/recognize-kind.ts';
export { KINDS, placeName } from './sources/registry.ts';
export type { S3Credentials, S3CredentialsOption } from './sources/s3/keys.ts';
export type { S3SourceOptions } from './sources/s3/options.ts';
export { S3Source } from './sources/s3/s3-source.ts';
export type { SmbSourceOptions } from './sources/smb/options.ts';
export { SmbSource } from './sources/smb/smb-source.ts';
export type { SynologySourceOptions } from './sources/synology/options.ts';
export { SynologySource } from './sources/synology/synology-source.ts';
export {
  DataStreamer,
  type ListFilesOptions,
  type StreamerOptions,
  type StreamerStats,
} from './streamers/data-streamer.ts';
export {
  type DownloadFilesOptions,
  type DownloadProgress,
  type DownloadReport,
  downloadFiles,
  type FailedFile,
} from './streamers/download-files.ts';
export {
  HuggingFaceStreamer,
  type HuggingFaceStreamerOptions,
} from './streamers/hugging-face-streamer.ts';
export { LocalStreamer, type LocalStreamerOptions } from './streamers/local-streamer.ts';
export { type DirectoryEntry, NASStreamer, type NASStreamerOptions } from './streamers/nas-streamer.ts';
export { type OpenedPlace, openPlace } from './streamers/open-place.ts';
export { openStreamer } from './streamers/open-streamer.ts';
export { type Place, type PlaceKind, type PlaceOptions, recognizePlace } from './streamers/place.ts';
