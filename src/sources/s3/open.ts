import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import type { S3PlaceOptions } from './options.ts';
import { S3Source } from './s3-source.ts';

/**
 * Opens a bucket, or the folder of one that the address names.
 *
 * @throws ConfigError when it names no bucket
 */
export function openBucket(
  address: string,
  options: S3PlaceOptions & LineOptions,
): { readonly source: S3Source; readonly folder: string | undefined } {
  const [, bucket = '', prefix = ''] = /^(?:s3:(?:\/\/)?)?([^/]*)\/*(.*)$/is.exec(address) ?? [];
  if (bucket === '' || bucket.includes('@')) {
    throw new ConfigError(
      'sourceUrl',
      `${bucket === '' ? showValue(address) : 'The address'} names no bucket: give "s3://bucket" or "s3://bucket/folder", and keys in variables.`,
    );
  }
  const folder = prefix.replace(/\/+$/, '');
  return { source: new S3Source({ ...options, bucket }), folder: folder === '' ? undefined : folder };
}
