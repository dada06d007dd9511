import { ConfigError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { showValue } from '../../core/show-value.ts';
import type { LineOptions } from '../../core/source-kind.ts';
import type { HttpClientOptions } from '../../protocols/http/exchange-types.ts';
import { FILE_SERVER_CONNECTIONS } from '../connection-options.ts';
import type { Environment } from '../environment.ts';
import {
  awsRegionOf,
  type BucketAddress,
  checkAddress,
  checkBucket,
  defaultPathStyle,
  isRegion,
  parseEndpoint,
} from './address.ts';
import { type Profile, readProfile, readVariable } from './aws-settings.ts';
import type { CredentialsSettings } from './credentials.ts';
import type { S3CredentialsOption } from './keys.ts';

/** Options of {@link S3Source}. */
export interface S3SourceOptions extends HttpClientOptions {
  /** Name of the bucket. */
  readonly bucket: string;
  /**
   * Region that the bucket lies in; a wrong one is corrected by what the server says.
   * @defaultValue `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile, else `us-east-1`
   */
  readonly region?: string | undefined;
  /** Address of a store other than AWS. @defaultValue `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, the profile, else AWS */
  readonly endpoint?: string | undefined;
  /**
   * True when the bucket stands in the path of URLs; else it is the first part of the host's name.
   * @defaultValue the profile, else true for an `endpoint` and for names that fit no host
   */
  readonly pathStyle?: boolean | undefined;
  /** Keys. @defaultValue `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, else the profile */
  readonly credentials?: S3CredentialsOption | undefined;
  /** True when requests are not signed: for public buckets. @defaultValue false */
  readonly anonymous?: boolean | undefined;
  /** Profile of `~/.aws/credentials` and `~/.aws/config`. @defaultValue `AWS_PROFILE`, else `default` */
  readonly profile?: string | undefined;
  /** True when the account that asks pays for it, where the bucket wants that. @defaultValue false */
  readonly requesterPays?: boolean | undefined;
  /** Environment variables. @defaultValue those of the process */
  readonly environment?: Environment | undefined;
  /** Signal that closes the source when it aborts; what runs then rejects with its reason. @defaultValue none */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a place of the kind. */
export type S3PlaceOptions = Omit<S3SourceOptions, keyof LineOptions | 'bucket'>;

/** Options as they are used. */
export interface S3Settings {
  readonly id: string;
  readonly address: BucketAddress;
  readonly region: string;
  readonly anonymous: boolean;
  readonly requesterPays: boolean;
  readonly keys: CredentialsSettings;
  readonly http: HttpClientOptions;
}

/** Names of all options. */
const OPTION_NAMES: readonly (keyof S3SourceOptions)[] = [
  'bucket',
  'region',
  'endpoint',
  'pathStyle',
  'credentials',
  'anonymous',
  'profile',
  'requesterPays',
  'environment',
  'signal',
  'tls',
  'proxy',
  'connectTimeoutMs',
  'idleTimeoutMs',
  'maxConnections',
];
const DEFAULT_REGION = 'us-east-1';

/**
 * Joins options, variables and the profile.
 *
 * @throws ConfigError when they cannot be used as given
 */
export function readSettings(options: S3SourceOptions): S3Settings {
  rejectUnknownOptions('S3Source', options, OPTION_NAMES);
  const { anonymous = false, requesterPays = false, credentials, environment = process.env } = options;
  if (anonymous && (credentials !== undefined || requesterPays)) {
    const other = requesterPays ? 'requesterPays' : 'credentials';
    throw new ConfigError('anonymous', `anonymous and ${other} exclude each other: leave one of them out.`);
  }
  const bucket = checkBucket(options.bucket);
  const profile = readProfile(environment, options.profile);
  const given = findEndpoint(options.endpoint, environment, profile);
  const awsRegion = awsRegionOf(given);
  const endpoint = awsRegion === undefined ? given : undefined;
  const region = findRegion(options.region ?? (awsRegion || undefined), environment, profile);
  const pathStyle = options.pathStyle ?? profileStyle(profile) ?? defaultPathStyle(bucket, endpoint);
  const address = { bucket, endpoint, pathStyle };
  checkAddress(address, region);
  const { tls, proxy, connectTimeoutMs, idleTimeoutMs, maxConnections = FILE_SERVER_CONNECTIONS } = options;
  return {
    id: endpoint === undefined ? `s3://${bucket}` : `${endpoint}/${bucket}`,
    address,
    region,
    anonymous,
    requesterPays,
    keys: { credentials, profile: options.profile, environment },
    http: { tls, proxy, connectTimeoutMs, idleTimeoutMs, maxConnections },
  };
}

function findRegion(
  given: string | undefined,
  environment: Environment,
  { config, credentials }: Profile,
): string {
  const region =
    given ??
    readVariable(environment, 'AWS_REGION', 'AWS_DEFAULT_REGION') ??
    config.get('region') ??
    credentials.get('region') ??
    DEFAULT_REGION;
  if (isRegion(region)) return region;
  throw new ConfigError('region', `The region is ${showValue(region)}: give one such as "eu-central-1".`);
}

function findEndpoint(
  given: string | undefined,
  environment: Environment,
  { config, credentials, services }: Profile,
): string | undefined {
  if (given !== undefined) return parseEndpoint(given, 'The option "endpoint"');
  for (const name of ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    const value = readVariable(environment, name);
    if (value !== undefined) return parseEndpoint(value, name);
  }
  const value =
    services.get('s3.endpoint_url') ??
    config.get('s3.endpoint_url') ??
    config.get('endpoint_url') ??
    credentials.get('endpoint_url');
  return value === undefined ? undefined : parseEndpoint(value, 'The endpoint_url of the profile');
}

/** Reads what `addressing_style` of the profile says. */
function profileStyle({ config }: Profile): boolean | undefined {
  const style = config.get('s3.addressing_style');
  return style === 'path' ? true : style === 'virtual' ? false : undefined;
}
