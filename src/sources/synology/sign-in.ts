import type { HttpClient } from '../../protocols/http/client.ts';
import { readAnswer } from './answer.ts';
import { ApiFailure, authFailure, type CallContext } from './codes.ts';
import type { DeviceIds } from './device-ids.ts';
import type { Apis } from './discovery.ts';
import type { SynologySourceOptions } from './options.ts';
import { encodeParameters, type Parameters } from './parameters.ts';

/** A session of a NAS. Both values are secrets. */
export interface DsmSession {
  readonly sid: string;
  /** Proof against forged requests; asked for with the session. */
  readonly token: string | undefined;
}

/** Context of a sign-in. */
export interface SignInContext {
  readonly client: HttpClient;
  readonly apis: Apis;
  readonly options: Pick<SynologySourceOptions, 'username' | 'password' | 'otp'>;
  readonly deviceIds: DeviceIds;
  readonly id: string;
  readonly signal: AbortSignal;
  /** Number of the attempt, from 0. */
  readonly attempt: number;
}

/** Stands for this program at the NAS; the device id is bound to it. */
const DEVICE_NAME = 'VascuSim';

/** Number of times that a function is asked for a one-time code. */
const OTP_ATTEMPTS = 3;

/**
 * Opens a session. A one-time code is asked for only when the NAS wants one, and the device id that it gives in
 * return is kept, so that the next sign-in wants none.
 *
 * @throws AuthError saying what the NAS refuses
 */
export async function signIn(context: SignInContext): Promise<DsmSession> {
  const { options, deviceIds } = context;
  const password = typeof options.password === 'function' ? await options.password() : options.password;
  const identity = { account: options.username, passwd: password };
  const deviceId = await deviceIds.read();
  const known: Parameters = deviceId === undefined ? {} : { device_id: deviceId, device_name: DEVICE_NAME };
  let answer = await attempt(context, { ...identity, ...known });
  const asks = typeof options.otp === 'function' ? OTP_ATTEMPTS : options.otp === undefined ? 0 : 1;
  for (let asked = 1; asked <= asks && needsOtp(answer); asked++) {
    const code = typeof options.otp === 'function' ? await options.otp(asked) : options.otp;
    answer = await attempt(context, {
      ...identity,
      otp_code: String(code),
      enable_device_token: 'yes',
      device_name: DEVICE_NAME,
    });
  }
  if (answer instanceof ApiFailure) throw authFailure(answer, describe(context));
  if (answer.deviceId !== undefined) await deviceIds.write(answer.deviceId);
  return answer;
}

/** Closes a session. That it is gone already is no failure. */
export async function signOut(
  context: Omit<SignInContext, 'deviceIds' | 'attempt'>,
  session: DsmSession,
): Promise<void> {
  const { client, apis, id, signal } = context;
  const { name, path, version } = apis.auth;
  const response = await client.request({
    url: `${apis.baseUrl}/webapi/${path}`,
    method: 'POST',
    headers: { ...sessionHeaders(session), 'Content-Type': FORM },
    body: encodeParameters({ api: name, version: String(version), method: 'logout', session: 'FileStation' }),
    redirects: 0,
    signal,
    label: `the sign-out at ${id}`,
  });
  await response.discard();
}

/**
 * Makes the headers of a session, which goes along as cookie: as parameter it would get into logs, and one that begins
 * with a digit fails.
 */
export function sessionHeaders({ sid, token }: DsmSession): Record<string, string> {
  return token === undefined ? { Cookie: `id=${sid}` } : { Cookie: `id=${sid}`, 'X-SYNO-TOKEN': token };
}

const FORM = 'application/x-www-form-urlencoded; charset=UTF-8';

async function attempt(
  context: SignInContext,
  identity: Parameters,
): Promise<(DsmSession & { readonly deviceId: string | undefined }) | ApiFailure> {
  const { client, apis, id, signal } = context;
  const { name, path, version } = apis.auth;
  const { label } = describe(context);
  const response = await client.request({
    url: `${apis.baseUrl}/webapi/${path}`,
    method: 'POST',
    headers: { 'Content-Type': FORM },
    body: encodeParameters({
      api: name,
      version: String(version),
      method: 'login',
      session: 'FileStation',
      format: 'sid',
      enable_syno_token: 'yes',
      ...identity,
    }),
    // The password goes to the address that was given, and nowhere else.
    redirects: 0,
    signal,
    label: `${label} at ${id}`,
  });
  const cookie = response.headers.get('set-cookie');
  const answer = await readAnswer(response, label, id, context.attempt);
  if (answer instanceof ApiFailure) return answer;
  const text = (key: string): string | undefined => {
    const value = answer[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const sid = text('sid') ?? /(?:^|[;,]\s*)id=([^;,]+)/.exec(cookie ?? '')?.[1];
  // No known device answers so; without an id nothing else can be asked for.
  if (sid === undefined) return new ApiFailure(119);
  return { sid, token: text('synotoken'), deviceId: text('device_id') ?? text('did') };
}

function needsOtp(answer: object): boolean {
  return answer instanceof ApiFailure && (answer.code === 403 || answer.code === 404);
}

function describe({ id, options }: SignInContext): CallContext {
  return { id, username: options.username, label: `the sign-in of "${options.username}"` };
}
