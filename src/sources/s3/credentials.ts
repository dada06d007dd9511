import { AuthError, ConfigError } from '../../core/errors.ts';
import type { Environment } from '../environment.ts';
import { type Profile, readProfile, readVariable } from './aws-settings.ts';
import { runCredentialProcess } from './credential-process.ts';
import type { FoundCredentials, S3CredentialsOption } from './keys.ts';

/** Settings that keys are found by. */
export interface CredentialsSettings {
  readonly credentials: S3CredentialsOption | undefined;
  /** Profile that the option names; it counts more than variables. */
  readonly profile: string | undefined;
  readonly environment: Environment;
}

/** Settings of a profile whose keys only AWS's own programs can get. */
const FOREIGN_SETTINGS = [
  'sso_session',
  'sso_start_url',
  'role_arn',
  'credential_source',
  'web_identity_token_file',
  'login_session',
];
/** Variables by which AWS's machines say where keys are to be got. */
const FOREIGN_VARIABLES = [
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/**
 * Finds the keys: the option, else the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else the
 * profile. Files are read anew each time.
 *
 * @throws AuthError when there are none, saying how to give some
 * @throws ConfigError when some cannot be used as they are
 */
export async function findCredentials(
  settings: CredentialsSettings,
  signal: AbortSignal,
): Promise<FoundCredentials> {
  const { credentials, profile, environment } = settings;
  if (credentials !== undefined) {
    const given = typeof credentials === 'function' ? await credentials() : credentials;
    return check({ ...given, from: 'the option "credentials"' });
  }
  const found = profile === undefined ? fromVariables(environment) : undefined;
  return check(found ?? (await fromProfile(readProfile(environment, profile), environment, signal)));
}

function fromVariables(environment: Environment): FoundCredentials | undefined {
  const accessKeyId = readVariable(environment, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = readVariable(environment, 'AWS_SECRET_ACCESS_KEY');
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const;
    const [there, missing] = accessKeyId === undefined ? names.toReversed() : names;
    throw new ConfigError('credentials', `${there} is set and ${missing} is not: set both, or neither.`);
  }
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: readVariable(environment, 'AWS_SESSION_TOKEN'),
    from: 'the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  };
}

async function fromProfile(
  profile: Profile,
  environment: Environment,
  signal: AbortSignal,
): Promise<FoundCredentials> {
  const { name, credentials, config } = profile;
  const from = `the profile "${name}"`;
  for (const section of [credentials, config]) {
    const accessKeyId = section.get('aws_access_key_id');
    const secretAccessKey = section.get('aws_secret_access_key');
    if (accessKeyId !== undefined && secretAccessKey !== undefined)
      return { accessKeyId, secretAccessKey, sessionToken: section.get('aws_session_token'), from };
  }
  const command = credentials.get('credential_process') ?? config.get('credential_process');
  if (command !== undefined)
    return { ...(await runCredentialProcess(command, from, environment, signal)), from };
  throw withoutKeys(profile, environment);
}

function withoutKeys({ name, credentials, config, files }: Profile, environment: Environment): AuthError {
  const foreign =
    FOREIGN_SETTINGS.find((setting) => credentials.has(setting) || config.has(setting)) ??
    FOREIGN_VARIABLES.find((variable) => readVariable(environment, variable) !== undefined);
  if (foreign !== undefined) {
    return new AuthError(
      'token-required',
      `Keys of the kind that ${foreign} stands for are got by AWS's own program: set the variables that "aws configure export-credentials" prints, or let a profile of ~/.aws/config run it as its credential_process.`,
    );
  }
  const isNamed = credentials.size + config.size > 0;
  const where = isNamed
    ? `The profile "${name}" has no keys in ${files}`
    : `No keys were found, neither in variables nor in ${files}`;
  return new AuthError(
    'token-required',
    `${where}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has some (AWS_PROFILE); a public bucket is read without any by the option "anonymous".`,
  );
}

/**
 * Checks keys; an empty session token is none.
 *
 * @throws ConfigError when they cannot be sent
 */
function check({ sessionToken: given, ...keys }: FoundCredentials): FoundCredentials {
  const sessionToken = given === '' ? undefined : (given ?? undefined);
  const found = sessionToken === undefined ? keys : { ...keys, sessionToken };
  const { accessKeyId, secretAccessKey, expiration, from } = found;
  const texts: readonly unknown[] = [accessKeyId, secretAccessKey, sessionToken ?? 'none'];
  const isText = texts.every((text) => typeof text === 'string' && /^[\x21-\x7e]+$/.test(text));
  if (!isText || (expiration !== undefined && !(expiration instanceof Date))) {
    throw new ConfigError(
      'credentials',
      `The keys from ${from} are not texts, a key id and a secret key, or have spaces or other characters that no key has: copy them anew.`,
    );
  }
  return found;
}
