import { randomBytes } from 'node:crypto';
import type { Parameters } from './parameters.ts';
import type { Profile } from './profiles.ts';

/** Someone who may sign in. */
export interface Account {
  readonly password: string;
  /** Has two-factor sign-in with this one-time code. */
  otp?: string | undefined;
  /** Answers the right password with this code: 401 disabled, 406 set up 2FA first, 408–410 password expired, 411 locked. */
  refusal?: number | undefined;
  /** May use File Station. @defaultValue true */
  fileStation?: boolean | undefined;
}

export interface Session {
  readonly sid: string;
  readonly account: string;
  readonly name: string | undefined;
  readonly synoToken: string | undefined;
  /** Address of the client as the server saw it at sign-in. */
  readonly address: string;
}

/** Options of {@link Auth}. */
export interface AuthOptions {
  readonly accounts: Readonly<Record<string, Account>>;
  /** Failures after which every sign-in is answered 407. @defaultValue 10 */
  readonly blockAfter?: number | undefined;
  /** A sign-in ends the account's other sessions (107). */
  readonly displace?: boolean | undefined;
  /** Calls without the session's SynoToken are answered 119. */
  readonly csrf?: boolean | undefined;
  /** Every session id begins with this. */
  readonly sidPrefix?: string | undefined;
}

/** Sign-in, sessions and what ends them. */
export class Auth {
  readonly accounts: Map<string, Account>;
  readonly sessions = new Map<string, Session>();
  /** Sign-ins that were tried, also those that failed. */
  attempts = 0;
  failures = 0;
  /** Address that the next calls come from. */
  address = '192.0.2.10';
  readonly #options: AuthOptions;
  readonly #profile: Profile;
  /** Why a session that is gone is gone. */
  readonly #ended = new Map<string, number>();
  readonly #devices = new Map<string, string>();
  /** Every secret that was ever given out or is known: none may turn up in a URL. */
  readonly secrets = new Set<string>();

  constructor(profile: Profile, options: AuthOptions) {
    this.#profile = profile;
    this.#options = options;
    this.accounts = new Map(Object.entries(options.accounts));
    for (const { password } of this.accounts.values()) this.secrets.add(password);
  }

  /** Ends every session; their ids are answered with `code` from now on. */
  expire(code: number): void {
    for (const sid of this.sessions.keys()) this.#ended.set(sid, code);
    this.sessions.clear();
  }

  /** Answers of SYNO.API.Auth: data, or an error code. */
  login(parameters: Parameters, version: number): Readonly<Record<string, unknown>> | number {
    this.attempts++;
    const name = parameters.get('account') ?? '';
    const account = this.accounts.get(name);
    if (this.failures >= (this.#options.blockAfter ?? 10)) return 407;
    if (account === undefined || account.password !== parameters.get('passwd')) {
      this.failures++;
      return 400;
    }
    if (account.refusal !== undefined) return account.refusal;
    if (parameters.get('session') === 'FileStation' && account.fileStation === false) return 402;
    const device = parameters.get('device_id');
    if (account.otp !== undefined && (device === undefined || this.#devices.get(device) !== name)) {
      if (!parameters.has('otp_code')) return 403;
      if (parameters.get('otp_code') !== account.otp) {
        this.failures++;
        return 404;
      }
    }
    return this.#open(name, parameters, version, account.otp !== undefined);
  }

  logout(sid: string | undefined): void {
    if (sid !== undefined) this.sessions.delete(sid);
  }

  /** The session of a call, or the code with which it is refused. */
  find(sid: string | undefined, token: string | undefined, checkAddress: boolean): Session | number {
    const session = sid === undefined ? undefined : this.sessions.get(sid);
    if (session === undefined) return this.#ended.get(sid ?? '') ?? this.#profile.staleSessionCode;
    if (checkAddress && session.address !== this.address) return 150;
    if (this.#options.csrf === true && session.synoToken !== token) return 119;
    return session;
  }

  #open(
    account: string,
    parameters: Parameters,
    version: number,
    twoFactor: boolean,
  ): Record<string, unknown> {
    if (this.#options.displace === true) {
      for (const session of this.sessions.values()) {
        if (session.account !== account) continue;
        this.#ended.set(session.sid, 107);
        this.sessions.delete(session.sid);
      }
    }
    const sid = `${this.#options.sidPrefix ?? ''}${randomBytes(24).toString('base64url')}`;
    const wantsToken = parameters.get('enable_syno_token') === 'yes' && version >= 6;
    const synoToken = wantsToken ? randomBytes(9).toString('base64url') : undefined;
    this.sessions.set(sid, {
      sid,
      account,
      name: parameters.get('session'),
      synoToken,
      address: this.address,
    });
    this.secrets.add(sid);
    if (synoToken !== undefined) this.secrets.add(synoToken);
    const wantsDevice = parameters.get('enable_device_token') === 'yes' && parameters.has('device_name');
    const data: Record<string, unknown> = { is_portal_port: false, sid };
    if (synoToken !== undefined) data['synotoken'] = synoToken;
    if (twoFactor && wantsDevice && parameters.has('otp_code')) {
      const device = `Dév!cè_${randomBytes(12).toString('base64url')}`;
      this.#devices.set(device, account);
      this.secrets.add(device);
      data[version >= 7 ? 'device_id' : 'did'] = device;
    }
    return data;
  }
}
