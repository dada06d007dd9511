import { AuthError, NetworkError, UnsupportedError, type VascuError } from '../../core/errors.ts';
import type { Endpoint } from './transport.ts';

/** Reasons why NetBIOS refuses a session (RFC 1002 4.3.4). */
const Refusal = { calledName: 0x80, callingName: 0x81, noSuchName: 0x82, noResources: 0x83 } as const;

/** Makes the error for a server that refuses the connection before a word of SMB was spoken. */
export function refusedConnection(code: number, { host, port }: Endpoint): VascuError {
  const seen = `(NetBIOS 0x83, code 0x${code.toString(16).padStart(2, '0')})`;
  switch (code) {
    case Refusal.callingName:
      return new AuthError(
        'ip-blocked',
        `The SMB server at ${host}, port ${port}, refuses connections from the address of this machine ${seen}: have that allowed there (Samba: hosts allow; of a NAS its firewall and block list).`,
      );
    case Refusal.calledName:
    case Refusal.noSuchName:
      return new NetworkError(
        `The server at ${host}, port ${port}, wants to be called by a name of NetBIOS ${seen}: give the port of SMB itself, usually 445.`,
        { retryable: false },
      );
    case Refusal.noResources:
      return new NetworkError(
        `The SMB server at ${host}, port ${port}, has no room for another connection ${seen}; try again later.`,
      );
    default:
      return new NetworkError(
        `The SMB server at ${host}, port ${port}, refuses the connection ${seen}. Ask its administrator why.`,
        { retryable: false },
      );
  }
}

/** Makes the error for a server that speaks nothing newer than SMB 1. */
export function onlySmb1({ host, port }: Endpoint): UnsupportedError {
  return new UnsupportedError(
    'SMB 1',
    `The SMB server at ${host}, port ${port}, speaks SMB 1 only, which is not supported: let it speak SMB 2 or 3 (of a NAS: the highest SMB protocol in its settings).`,
  );
}
