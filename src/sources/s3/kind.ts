import type { SourceKind } from '../../core/source-kind.ts';
import { connectionEntries, FILE_SERVER_CONNECTIONS } from '../connection-options.ts';
import type { S3PlaceOptions } from './options.ts';

/** Buckets of S3, at AWS or at a store that speaks its protocol. */
export const s3: SourceKind<S3PlaceOptions, 's3'> = {
  name: 's3',
  title: 'a bucket of S3',
  label: 'S3',
  address: 's3://bucket/folder',
  schemes: ['s3'],
  options: {
    region: {
      summary: 'region of the bucket; a wrong one is corrected by what the server says',
      value: 'text',
      default: '`AWS_REGION`, `AWS_DEFAULT_REGION`, the profile, else `us-east-1`',
      flag: '--region <name>',
      help: 'region of the bucket',
      noun: 'the region',
      variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      config: 'anyone',
    },
    endpoint: {
      summary: 'address of a store other than AWS',
      value: 'url',
      default: '`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, the profile, else AWS',
      flag: '--endpoint <url>',
      help: 'address of a store other than AWS (or AWS_ENDPOINT_URL_S3)',
      noun: 'the endpoint',
      variables: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
      typed: true,
    },
    pathStyle: {
      summary: 'place of the bucket in URLs: the path, else the name of the host',
      value: 'flag',
      default: 'the profile, else `true` for an `endpoint` and for names that fit no host',
      flag: '--path-style',
      help: 'the bucket stands in the path of URLs',
      off: 'the bucket stands in the name of the host',
      noun: 'the style of URLs',
      config: 'anyone',
    },
    credentials: {
      summary: 'keys of an account, or a function that gives them and is asked again when they have expired',
      value: 'object',
      default: '`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (`AWS_SESSION_TOKEN`), else the profile',
      variables: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
      secret: 'program',
    },
    anonymous: {
      summary: 'requests without a signature, for public buckets',
      value: 'flag',
      default: '`false`',
      flag: '--anonymous',
      help: 'without keys, for public buckets',
      noun: 'no keys',
      config: 'anyone',
      // Also where the environment or the settings say so of every bucket.
      replaces: ['requesterPays'],
    },
    profile: {
      summary: 'profile of `~/.aws/credentials` and `~/.aws/config`',
      value: 'text',
      default: '`AWS_PROFILE`, else `default`',
      flag: '--aws-profile <name>',
      help: 'profile of ~/.aws/credentials and ~/.aws/config',
      noun: 'the profile of AWS',
      variables: ['AWS_PROFILE'],
      config: 'user',
    },
    requesterPays: {
      summary: 'payment by the account that asks, where the bucket wants that',
      value: 'flag',
      default: '`false`',
      flag: '--requester-pays',
      help: 'your account pays for what is read',
      noun: 'payment by who asks',
      config: 'user',
    },
    ...connectionEntries(FILE_SERVER_CONNECTIONS),
    environment: { summary: 'variables to read', value: 'object', default: 'those of the process' },
  },
  open: async (address, options) => (await import('./open.ts')).openBucket(address, options),
};
