import type { ErrorCode } from '../core/errors.ts';
import { describeOptions, type ResultOptions } from './result-options.ts';

/** Version of what a sample was made of. */
export interface SourceVersion {
  /** Path of its first file inside the source. */
  readonly path: string;
  /** Bytes of all its files. */
  readonly size: number;
  /** Text that changes whenever one of its files does, or the metadata where the result holds them. */
  readonly version: string;
}

/** File of a result. */
export interface ManifestFile {
  /** Path from the directory of the results on. */
  readonly path: string;
  /** Bytes; of a member of a tar its own. */
  readonly size: number;
  /** SHA-256 of these bytes, hexadecimal. */
  readonly sha256: string;
  /** Name of the member where the file is a tar, and the byte at which it begins. */
  readonly member?: string | undefined;
  readonly offset?: number | undefined;
}

/** Failure of a sample, in the place of its files. */
export interface ManifestError {
  /** Code of the error, `ERROR` where it is none of this package's. */
  readonly code: ErrorCode | 'ERROR';
  readonly message: string;
}

/** Line of the manifest: one sample. */
export interface ManifestLine {
  readonly id: string;
  readonly source: SourceVersion;
  readonly options: ResultOptions;
  readonly files?: readonly ManifestFile[] | undefined;
  readonly error?: ManifestError | undefined;
}

/** Writes a line, without its end: equal ones have equal bytes. */
export function writeLine({ id, source, options, files, error }: ManifestLine): string {
  const { path, size, version } = source;
  return JSON.stringify({
    id,
    source: { path, size, version },
    options,
    ...(error === undefined
      ? {
          files: (files ?? []).map((file) => ({
            path: file.path,
            ...(file.member === undefined ? {} : { member: file.member, offset: file.offset }),
            size: file.size,
            sha256: file.sha256,
          })),
        }
      : { error: { code: error.code, message: error.message } }),
  });
}

/** Reads a line; undefined for one that is torn, or none of a manifest. */
export function readLine(text: string): ManifestLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isLine(value) ? value : undefined;
}

function isLine(value: unknown): value is ManifestLine {
  if (!isRecord(value) || typeof value['id'] !== 'string') return false;
  const { source, options, files, error } = value;
  if (!isRecord(source) || typeof source['path'] !== 'string' || typeof source['version'] !== 'string')
    return false;
  if (!isRecord(options) || typeof options['to'] !== 'string') return false;
  if (isRecord(error)) return typeof error['code'] === 'string' && typeof error['message'] === 'string';
  return Array.isArray(files) && files.every(isFile);
}

function isFile(value: unknown): value is ManifestFile {
  return (
    isRecord(value) &&
    typeof value['path'] === 'string' &&
    Number.isSafeInteger(value['size']) &&
    typeof value['sha256'] === 'string' &&
    (value['member'] === undefined || Number.isSafeInteger(value['offset']))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells whether a line is of this version of the source, and these options. */
export function isOf(line: ManifestLine, source: SourceVersion, options: string): boolean {
  const { path, size, version } = line.source;
  return (
    version === source.version &&
    path === source.path &&
    size === source.size &&
    describeOptions(line.options) === options
  );
}
