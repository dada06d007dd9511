import type { OptionEntry } from '../core/option-table.ts';

/** Most requests at a time to one server; how many there are follows the line, and what the server takes. */
export const FILE_SERVER_CONNECTIONS = 128;
/** Most downloads at a time from a NAS by its web API; there each takes a process of its own, so that as many run as bring more bytes. */
export const NAS_DOWNLOADS = 64;

/** Adds to requests that run at a time those that wait for their turn: so that one follows another without a pause. */
export function withQueue(requests: number): number {
  return requests + Math.max(1, Math.floor(requests / 2));
}

/** Entries of the options of an HTTP client, for the tables of all kinds that have one. */
interface ConnectionEntries {
  readonly tls: OptionEntry;
  readonly proxy: OptionEntry;
  readonly maxConnections: OptionEntry;
}

const TLS: OptionEntry = {
  summary: 'certificates that are trusted: `ca`, `fingerprint256`, `insecure`',
  value: 'object',
  default: 'the authorities of Node.js',
  fields: {
    ca: {
      summary: 'certificate of your own authority, PEM',
      value: 'pem',
      flag: '--ca <file>',
      help: 'trust certificates of this authority (PEM)',
      noun: 'the authority',
      config: 'anyone',
    },
    fingerprint256: {
      summary: 'SHA-256 fingerprint of the one certificate that is accepted',
      value: 'text',
      flag: '--fingerprint <sha256>',
      help: 'trust the one certificate with this SHA-256 fingerprint',
      noun: 'the fingerprint',
      config: 'anyone',
    },
    insecure: {
      summary: 'no check of certificates: somebody on the way can read the password',
      value: 'flag',
      flag: '--insecure',
      help: 'trust any certificate: anybody on the way can read along',
      warning: 'whoever is on the way to the server can read along and change what comes.',
      config: 'user',
    },
  },
};

/** @param maxConnections - how many connections there are at the most where the option is left out */
export function connectionEntries(maxConnections: number): ConnectionEntries {
  return {
    tls: TLS,
    proxy: {
      summary: 'URL of a proxy, or `false` for none',
      value: 'text',
      default: '`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`',
    },
    maxConnections: {
      summary: 'requests at a time; fewer while the server refuses some (503, 429, connections)',
      value: 'count',
      default: String(maxConnections),
    },
  };
}
