import { isIP } from 'node:net';
import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import { encodeKey, encodeStrict } from './key-text.ts';

/** Place of a bucket: what its URLs are made of. */
export interface BucketAddress {
  readonly bucket: string;
  /** Base of a store's URLs, without a slash at its end; undefined for AWS, whose hosts are named by region. */
  readonly endpoint: string | undefined;
  /** True when the bucket stands in the path rather than in the host's name. */
  readonly pathStyle: boolean;
}

/** Host, in place of the usual one, to which a server has sent a request on. */
export interface OtherHost {
  readonly origin: string;
  readonly pathStyle: boolean;
}

/** Names that can be part of a host's name; one with dots fits no certificate. */
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])$/;
/** Hosts of S3 at AWS, among others that customers of it have. */
const AWS_HOST = /^(?:.+\.)?s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/;
/** Names of regions, which become part of the host's name. */
const REGION = /^[a-z0-9-]{1,40}$/i;

/** Tells whether a server's word can be a region. */
export function isRegion(region: string): boolean {
  return REGION.test(region);
}

/** @throws ConfigError when the name is none of a bucket */
export function checkBucket(bucket: string): string {
  const isText = typeof bucket === 'string';
  if (isText && bucket.startsWith('arn:'))
    throw new ConfigError(
      'bucket',
      'The bucket is given by its ARN: give its name, or the alias of the access point.',
    );
  const isName = isText && /^[^\s/\\?#%]{1,255}$/.test(bucket) && !/^\.+$/.test(bucket);
  if (isName) return bucket;
  throw new ConfigError(
    'bucket',
    `${showValue(bucket)} is no name of a bucket: give one such as "simulations".`,
  );
}

/** @throws ConfigError when it is no web address, or holds a login */
export function parseEndpoint(given: string, from: string): string {
  const bad = (why: string): ConfigError =>
    new ConfigError('endpoint', `${from} ${why}: give an address such as "https://s3.example.org".`);
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol))
    throw bad(`is ${showValue(String(given).replace(/^.*@/s, '…@'))}, which is no http: or https: URL`);
  const { username, password, search, hash, origin, pathname } = new URL(given);
  if (username !== '' || password !== '')
    throw bad('has a user name or password in it, which belong into keys');
  if (search !== '' || hash !== '') throw bad('has a query or fragment');
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/**
 * Finds the region of an endpoint that is AWS's own, whose hosts are made of bucket and region; `''` where it names
 * none.
 */
export function awsRegionOf(endpoint: string | undefined): string | undefined {
  const found = /^https:\/\/s3(?:\.([a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?$/.exec(endpoint ?? '');
  return found === null ? undefined : (found[1] ?? '');
}

/** @throws ConfigError when the bucket cannot stand in the name of the host */
export function checkAddress(address: BucketAddress, region: string): void {
  const { bucket, endpoint, pathStyle } = address;
  const host = new URL(endpoint ?? `https://s3.${region}.${domainOf(region)}`).hostname;
  if (pathStyle || (isIP(host.replace(/^\[|\]$/g, '')) === 0 && URL.canParse(`http://${bucket}.${host}`)))
    return;
  throw new ConfigError(
    'pathStyle',
    `The bucket "${bucket}" cannot stand in the name of the host, before "${host}": leave out pathStyle: false, or addressing_style of the profile.`,
  );
}

/** Tells whether a bucket's name stands in the path where nobody has said so. */
export function defaultPathStyle(bucket: string, endpoint: string | undefined): boolean {
  return endpoint !== undefined || !HOST_LABEL.test(bucket);
}

/** Makes the URL of an object, or of the bucket itself, with a query that is coded as it is signed. */
export function bucketUrl(
  { bucket, endpoint, pathStyle }: BucketAddress,
  region: string,
  target: {
    readonly key?: string | undefined;
    readonly query?: Readonly<Record<string, string>> | undefined;
    readonly host?: OtherHost | undefined;
  },
): URL {
  const { key = '', query = {}, host } = target;
  const base = new URL(host?.origin ?? endpoint ?? `https://s3.${region}.${domainOf(region)}`);
  const isPath = host?.pathStyle ?? pathStyle;
  const hasBucket = isPath || host !== undefined || base.hostname.startsWith(`${bucket}.`);
  const hostName = hasBucket ? base.host : `${bucket}.${base.host}`;
  const folder = base.pathname.replace(/\/$/, '') + (isPath ? `/${encodeStrict(bucket)}` : '');
  const search = Object.entries(query)
    .map(([name, value]) => [encodeStrict(name), encodeStrict(value)] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
  const url = new URL(`${base.protocol}//${hostName}${folder}/${encodeKey(key)}`);
  url.search = search;
  return url;
}

/**
 * Finds the host that a server sends a request on to.
 *
 * @returns undefined where it does not belong to the endpoint's domain, so that nothing signed may go there
 */
export function hostWithin(address: BucketAddress, region: string, location: string): OtherHost | undefined {
  const usual = bucketUrl({ ...address, pathStyle: true }, region, {});
  const text = /^https?:\/\//i.test(location) ? location : `${usual.protocol}//${location}`;
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { hostname } = usual;
  const isWithin =
    address.endpoint === undefined
      ? AWS_HOST.test(url.hostname)
      : url.hostname === hostname || url.hostname.endsWith(`.${hostname}`);
  if (!isWithin || url.protocol !== usual.protocol || url.port !== usual.port) return undefined;
  const pathStyle = !url.hostname.startsWith(`${address.bucket}.`);
  return { origin: url.origin, pathStyle };
}

/** Names the domain of AWS that a region lies in. */
function domainOf(region: string): string {
  return region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
}
