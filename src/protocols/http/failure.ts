import { isVascuError, NetworkError } from '../../core/errors.ts';
import { DialError } from '../tcp/dial.ts';

/** Address to which a connection was to go, and what for, as messages say it. */
export interface RequestTarget {
  /** Name of the server, `host:port`. */
  readonly host: string;
  /** Name in messages of what is asked for. */
  readonly label: string;
}

/** Turns the failure of a connection or of an exchange over it into a typed error. Typed errors pass. */
export function toNetworkError(cause: unknown, { host: name, label }: RequestTarget): unknown {
  if (isVascuError(cause)) return cause;
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  const code = codeOf(first);
  const host = cause instanceof DialError ? name + cause.addresses : name;
  const error = (message: string, retryable = true): NetworkError =>
    new NetworkError(message, { retryable }, { cause });
  switch (code) {
    case 'ENOTFOUND':
      return error(
        `${label}: there is no host of the name in ${host}. Check its spelling and the DNS.`,
        false,
      );
    case 'EAI_AGAIN':
      return error(`${label}: the name in ${host} could not be looked up. Check the network and the DNS.`);
    case 'ECONNREFUSED':
      return error(`${label}: ${host} refuses connections. Check the port, and that the server runs.`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return error(`${label}: there is no way to ${host} (${code}). Check the network and the VPN.`);
    case 'ETIMEDOUT':
      return error(`${label}: ${host} does not answer. Check the address, the firewall and the VPN.`);
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return error(`${label}: ${host} has cut the connection (${code}).`);
    case 'EADDRNOTAVAIL':
      return error(`${label}: no connection to ${host} is possible from this machine (${code}).`);
  }
  if (code.startsWith('HPE_')) return parseFailure(first, code, error, { host, label });
  if (isNotTls(first)) {
    return error(
      `${label}: ${host} does not speak TLS. It is probably a plain HTTP port: write http:// in the URL, or give the port of https.`,
      false,
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return error(`${label}: no TLS connection to ${host} came about (${reasonOf(first)}).`, false);
  }
  return error(`${label}: the connection to ${host} failed (${reasonOf(first)}).`);
}

/** Makes the error for a server that answers TLS where plain HTTP was asked for. */
export function speaksTls({ host, label }: RequestTarget, cause?: unknown): NetworkError {
  return new NetworkError(
    `${label}: ${host} expects TLS and was asked in plain HTTP: write https:// in the URL, or give the port of http.`,
    { retryable: false },
    { cause },
  );
}

/** Makes the error for a server that says nothing to a request. */
export function notAnswered({ host, label }: RequestTarget, idleTimeoutMs: number): NetworkError {
  return new NetworkError(
    `${label}: ${host} has not answered for ${idleTimeoutMs} ms. Raise idleTimeoutMs if it is only slow.`,
  );
}

/** Turns the failure of an exchange that has had no answer into a typed error. */
export function explainCut(error: unknown, url: URL, target: RequestTarget): unknown {
  if (codeOf(error) !== 'ECONNRESET') return toNetworkError(error, target);
  const hint = url.protocol === 'http:' ? ' If it is a port of TLS, write https:// in the URL.' : '';
  return new NetworkError(
    `${target.label}: ${target.host} has cut the connection without an answer.${hint}`,
    {},
    { cause: error },
  );
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function parseFailure(
  failure: unknown,
  code: string,
  error: (message: string, retryable?: boolean) => NetworkError,
  endpoint: RequestTarget,
): NetworkError {
  const { host, label } = endpoint;
  const raw: unknown = failure instanceof Error && 'rawPacket' in failure ? failure.rawPacket : undefined;
  // A TLS alert record: type 21, version 3.x (RFC 8446, 5.1).
  if (raw instanceof Uint8Array && raw[0] === 21 && raw[1] === 3) return speaksTls(endpoint, failure);
  if (code === 'HPE_HEADER_OVERFLOW')
    return error(`${label}: ${host} sends headers that are too long.`, false);
  if (code === 'HPE_INVALID_CONSTANT')
    return error(`${label}: what ${host} answers is not HTTP. Check the port.`, false);
  const reason = failure instanceof Error && 'reason' in failure ? `: ${String(failure.reason)}` : '';
  // What a cut leaves may be whole the next time; what a server writes so it writes so again.
  const isCut = ['HPE_INVALID_EOF_STATE', 'HPE_CLOSED_CONNECTION', 'HPE_INVALID_CHUNK_SIZE'].includes(code);
  return error(
    `${label}: the answer of ${host} is broken (${code}${reason}): it is not written as HTTP wants it (RFC 9112). Check the server and any proxy on the way.`,
    isCut,
  );
}

function isNotTls(error: unknown): boolean {
  const text = `${codeOf(error)} ${error instanceof Error ? error.message : ''}`;
  return /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long|HTTP_REQUEST|http request/.test(
    text,
  );
}

/** Reads the code of a failure, with OpenSSL's reason if it has one; never its free text, which may quote data. */
function reasonOf(error: unknown): string {
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  return [codeOf(error), reason].filter((part) => part !== '').join(': ') || 'no reason given';
}
