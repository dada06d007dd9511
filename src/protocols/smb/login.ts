import { createHash, getFips } from 'node:crypto';
import { AuthError, UnsupportedError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import { deriveSessionKeys } from './key-derivation.ts';
import type { Reply } from './message.ts';
import { type Negotiated, negotiate, tampered } from './negotiate.ts';
import { authenticate, encodeNegotiate, type NtlmCredentials, type RandomSource } from './ntlm.ts';
import { Command, Dialect, HEADER_BYTES, HeaderFlag } from './protocol.ts';
import { malformed } from './reply-reader.ts';
import { Sealer } from './sealer.ts';
import { Signer } from './signer.ts';
import { unwrap, wrapFirst, wrapNext } from './spnego.ts';
import { Status, statusError } from './status.ts';

/** Demands and limits of a login. */
export interface LoginPolicy {
  /** Rule of signing messages: whenever the session can, or only where the server insists. */
  readonly signing: 'always' | 'if-required';
  readonly requireEncryption: boolean;
  /** True when a session as guest is good enough. */
  readonly guest: boolean;
}

/** A session that has been set up. */
export interface Login extends Negotiated {
  /** True when messages are signed. */
  readonly signs: boolean;
  /** True when all messages are encrypted. */
  readonly encrypts: boolean;
  readonly isGuest: boolean;
}

/** Flags of a session (MS-SMB2 2.2.6). */
const SessionFlag = { guest: 1, anonymous: 2, encrypt: 4 } as const;

/**
 * Negotiates and logs in (MS-SMB2 3.2.4.2). The signature of the last answer proves that the server knows the
 * password, and with dialect 3.1.1 that nobody has changed the negotiation.
 *
 * @throws AuthError when the server refuses the account, or takes it only as a guest
 * @throws UnsupportedError when the server cannot do what the policy demands
 */
export async function logIn(
  connection: Connection,
  credentials: NtlmCredentials,
  policy: LoginPolicy,
  random: RandomSource,
  signal: AbortSignal,
): Promise<Login> {
  const { host } = connection.endpoint;
  if (getFips() === 1) {
    throw new UnsupportedError(
      'NTLM in FIPS mode',
      'A login by NTLM needs MD5, which this Node.js refuses in FIPS mode: run it without.',
    );
  }
  let transcript = Buffer.alloc(64);
  const record = (message: Buffer): void => {
    transcript = createHash('sha512').update(transcript).update(message).digest();
  };
  const wantsSigning = policy.signing === 'always' && !policy.guest;
  const negotiated = await negotiate(connection, wantsSigning, random, record, signal);
  if (policy.requireEncryption && negotiated.cipher === undefined) throw cannotEncrypt(host);

  const first = encodeNegotiate();
  const mode = wantsSigning || negotiated.requiresSigning ? 3 : 1;
  const send = async (token: Buffer, log: (message: Buffer) => void): Promise<Reply> => {
    const body = encodeSetup(mode, token);
    const [reply] = await connection.request([{ command: Command.sessionSetup, body }], {
      transcript: log,
      signal,
    });
    return reply as Reply;
  };
  const challenge = await send(wrapFirst(first), record);
  if (challenge.status !== Status.moreProcessing) throw refused(challenge.status, credentials, host);
  connection.secure({ sessionId: challenge.sessionId, signer: undefined, sealer: undefined });
  const ntlm = authenticate(first, unwrap(tokenOf(challenge)), credentials, random);
  let sent = false;
  // Only the request of the last round is part of the hash.
  const answer = await send(wrapNext(ntlm.message, ntlm.mechanismsCode), (message) => {
    if (!sent) record(message);
    sent = true;
  });
  if (answer.status !== Status.success) throw refused(answer.status, credentials, host);

  const flags = answer.message.u16(HEADER_BYTES + 2);
  const isGuest = (flags & (SessionFlag.guest | SessionFlag.anonymous)) !== 0;
  if (isGuest) return acceptGuest(connection, negotiated, answer, policy, host);
  const keys = deriveSessionKeys(
    negotiated.dialect,
    ntlm.sessionKey,
    transcript,
    negotiated.cipher?.keyBits ?? 128,
  );
  const signer = new Signer(
    negotiated.signingAlgorithm,
    negotiated.dialect >= Dialect.v300 ? keys.signing : ntlm.sessionKey,
  );
  const sealer =
    negotiated.cipher && new Sealer(negotiated.cipher, keys.sealing, keys.opening, answer.sessionId);
  const isSigned = (answer.flags & HeaderFlag.signed) !== 0;
  const mustBeSigned = negotiated.dialect === Dialect.v311 || policy.signing === 'always';
  if (isSigned ? !signer.verify(answer.message.bytes) : mustBeSigned) throw tampered(host);
  const encrypts = policy.requireEncryption || (flags & SessionFlag.encrypt) !== 0;
  if (encrypts && sealer === undefined) throw cannotEncrypt(host);
  connection.secure({ sessionId: answer.sessionId, signer, sealer });
  const signs = policy.signing === 'always' || negotiated.requiresSigning;
  return { ...negotiated, signs, encrypts, isGuest };
}

/** Accepts a login as guest, or refuses it: a guest's session has no key, so that nothing in it is protected. */
function acceptGuest(
  connection: Connection,
  negotiated: Negotiated,
  answer: Reply,
  policy: LoginPolicy,
  host: string,
): Login {
  if (!policy.guest || policy.requireEncryption) {
    throw new AuthError(
      'bad-credentials',
      `The SMB server at ${host} lets this account in only as a guest, without protection. Check username and password${policy.requireEncryption ? '' : ', or allow it with guest: true'}.`,
    );
  }
  connection.secure({ sessionId: answer.sessionId, signer: undefined, sealer: undefined });
  return { ...negotiated, signs: false, encrypts: false, isGuest: true };
}

function encodeSetup(mode: number, token: Buffer): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt16LE(25, 0);
  head[3] = mode;
  head.writeUInt16LE(HEADER_BYTES + head.length, 12);
  head.writeUInt16LE(token.length, 14);
  return Buffer.concat([head, token]);
}

function tokenOf({ message }: Reply): Buffer {
  const token = message.slice(message.u16(HEADER_BYTES + 4), message.u16(HEADER_BYTES + 6));
  if (token.length === 0) throw malformed('a login without a token');
  return token;
}

function refused(status: number, { username, password }: NtlmCredentials, host: string): Error {
  const empty = password === '' ? ' with an empty password' : '';
  return statusError(status, `The login of ${JSON.stringify(username)}${empty} at the SMB server ${host}`);
}

function cannotEncrypt(host: string): UnsupportedError {
  return new UnsupportedError(
    'encryption',
    `The SMB server at ${host} cannot encrypt: let it speak SMB 3 with encryption, or leave out requireEncryption.`,
  );
}
