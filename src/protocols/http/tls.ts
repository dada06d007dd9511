import {
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { AuthError, ConfigError } from '../../core/errors.ts';
import { rejectUnknownOptions } from '../../core/known-options.ts';
import { showValue } from '../../core/show-value.ts';

/** Rules by which the certificate of an https server is judged. */
export interface TlsOptions {
  /** PEM certificates of authorities to trust, besides those that Node.js trusts. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
  /**
   * Fingerprint of the certificate that is accepted: SHA-256 of the server's own certificate, hexadecimal with or
   * without colons. Exactly this certificate is then accepted and its names, dates and issuer do not matter; it is
   * checked before a byte of a request is sent.
   */
  readonly fingerprint256?: string | undefined;
  /** True to accept every certificate: whoever is on the way can read and change everything. @defaultValue false */
  readonly insecure?: boolean | undefined;
}

/** A server's certificate. */
export interface ServerCertificate {
  /** SHA-256, upper-case hexadecimal with colons, as `tls.fingerprint256` takes it. */
  readonly fingerprint256: string;
  readonly subject: string;
  readonly issuer: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** Reason why the client would not accept it; `undefined` when it does. */
  readonly problem: string | undefined;
}

/** Options of TLS, {@link TlsOptions}, in the form that connections need. */
export class TlsPolicy {
  readonly #fingerprint: string | undefined;
  readonly #insecure: boolean;
  readonly #ca: TlsOptions['ca'];
  #context: SecureContext | undefined;

  /** @throws ConfigError when an option cannot be used as given */
  constructor(options: TlsOptions = {}) {
    if (typeof options !== 'object' || options === null)
      throw new ConfigError('tls', 'The option tls is an object with ca, fingerprint256 or insecure.');
    rejectUnknownOptions('tls', options, ['ca', 'fingerprint256', 'insecure']);
    const { insecure = false } = options;
    if (typeof insecure !== 'boolean')
      throw new ConfigError('tls.insecure', `tls.insecure is ${showValue(insecure)}: give true or false.`);
    this.#insecure = insecure;
    this.#fingerprint = normalize(options.fingerprint256);
    this.#ca = options.ca;
    if (options.ca !== undefined) assertPem(options.ca);
  }

  /** Context for all connections: making it takes 10 ms. */
  get context(): SecureContext {
    this.#context ??= createSecureContext(
      this.#ca === undefined ? {} : { ca: [...getCACertificates('default'), ...listOf(this.#ca)] },
    );
    return this.#context;
  }

  /**
   * Judges the certificate of a connection whose handshake has ended and that has sent nothing yet.
   *
   * @param host - host and port, as messages name the server
   * @param pinned - whether `fingerprint256` counts: it is that of the server, not of a proxy
   * @throws AuthError `certificate` when it is not to be trusted; the message has its fingerprint and the remedy
   */
  check(socket: TLSSocket, host: string, pinned: boolean = this.#fingerprint !== undefined): void {
    if (this.#insecure) return;
    const problem = this.problem(socket, pinned);
    if (problem === undefined) return;
    const found = socket.getPeerCertificate().fingerprint256 ?? 'none';
    const remedy = !pinned
      ? `If this is your server, pass tls: { ca } with the PEM certificate of the authority that signed it, or tls: { fingerprint256: '${found}' } to accept exactly this certificate.`
      : `If the server has got a new certificate, pass tls: { fingerprint256: '${found}' }, or tls: { ca } with the authority that signs its certificates. Otherwise somebody may be reading along.`;
    throw new AuthError(
      'certificate',
      `The certificate of ${host} ${problem}; nothing was sent. Its SHA-256 fingerprint is ${found}. ${remedy}`,
    );
  }

  /** Tells what is wrong with the certificate of the other side. */
  problem(socket: TLSSocket, pinned: boolean = true): string | undefined {
    const certificate = socket.getPeerCertificate();
    if (pinned && this.#fingerprint !== undefined) {
      return normalize(certificate.fingerprint256) === this.#fingerprint
        ? undefined
        : `is not the one that tls.fingerprint256 asks for (${withColons(this.#fingerprint)})`;
    }
    return socket.authorized ? undefined : explain(String(socket.authorizationError), certificate);
  }

  describe(socket: TLSSocket): ServerCertificate {
    const certificate = socket.getPeerCertificate();
    return {
      fingerprint256: certificate.fingerprint256,
      subject: nameOf(certificate.subject),
      issuer: nameOf(certificate.issuer),
      validFrom: new Date(certificate.valid_from),
      validTo: new Date(certificate.valid_to),
      problem: this.#insecure ? undefined : this.problem(socket),
    };
  }
}

function listOf(ca: NonNullable<TlsOptions['ca']>): string[] {
  const list = typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca;
  return list.map((pem) => (typeof pem === 'string' ? pem : new TextDecoder().decode(pem)));
}

function assertPem(ca: NonNullable<TlsOptions['ca']>): void {
  const isText = (pem: unknown): boolean => typeof pem === 'string' || pem instanceof Uint8Array;
  const isTexts = isText(ca) || (Array.isArray(ca) && ca.every(isText));
  if (isTexts && listOf(ca).every((pem) => pem.includes('-----BEGIN CERTIFICATE-----'))) return;
  throw new ConfigError(
    'tls.ca',
    'tls.ca is no PEM certificate (it has no line "-----BEGIN CERTIFICATE-----"): pass the content of the file, not its path.',
  );
}

/**
 * Brings a fingerprint into one form.
 *
 * @throws ConfigError when it is no SHA-256
 */
function normalize(fingerprint: string | undefined): string | undefined {
  if (fingerprint === undefined) return undefined;
  const hex = String(fingerprint).replaceAll(/[:\s]/g, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new ConfigError(
    'tls.fingerprint256',
    `tls.fingerprint256 is no SHA-256: it must have 64 hexadecimal digits, with or without colons, and has ${hex.length} characters.`,
  );
}

function withColons(hex: string): string {
  return hex.toUpperCase().replaceAll(/..(?!$)/g, '$&:');
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const part = name?.CN ?? name?.O;
  return (Array.isArray(part) ? part[0] : part) ?? '';
}

function explain(code: string, certificate: PeerCertificate): string {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'is self-signed';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `is signed by an authority that is not trusted here ("${nameOf(certificate.issuer)}")`;
    case 'CERT_HAS_EXPIRED':
      return `has expired (${certificate.valid_to})`;
    case 'CERT_NOT_YET_VALID':
      return `is not valid before ${certificate.valid_from} (check this machine's clock)`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `was made for another name (${certificate.subjectaltname ?? nameOf(certificate.subject)})`;
    default:
      return `is not trusted (${code})`;
  }
}
