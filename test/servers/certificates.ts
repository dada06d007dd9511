import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key and a certificate, PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, upper-case hexadecimal with colons. */
  readonly fingerprint256: string;
}

/** What {@link makeCertificate} makes. */
export interface CertificateOptions {
  /** @defaultValue 127.0.0.1, ::1 and localhost */
  readonly names?: string | undefined;
  /** Signs it; self-signed otherwise. */
  readonly issuer?: Certificate | undefined;
  /** Whether it may sign others. */
  readonly authority?: boolean | undefined;
  /** `-not_before` and `-not_after` as openssl takes them, such as `20200101000000Z`. */
  readonly dates?: readonly [string, string] | undefined;
}

/** A certificate made now, by openssl. */
export function makeCertificate(options: CertificateOptions = {}): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-cert-'));
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const name = options.authority === true ? 'Test authority' : 'Test server';
  try {
    const extensions = options.authority
      ? 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign'
      : `subjectAltName=${options.names ?? 'IP:127.0.0.1,IP:::1,DNS:localhost'}`;
    writeFileSync(join(folder, 'extensions'), extensions);
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'key');
    openssl('req', '-new', '-key', 'key', '-subj', `/CN=${name}`, '-out', 'request');
    if (options.dates !== undefined) {
      // Only "openssl ca" of OpenSSL 3.0 takes dates.
      writeFileSync(join(folder, 'index'), '');
      writeFileSync(
        join(folder, 'config'),
        '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n',
      );
      const [from, to] = options.dates;
      const signing = '-batch -notext -selfsign -config config -keyfile key -in request -out cert'.split(' ');
      openssl('ca', ...signing, '-extfile', 'extensions', '-startdate', from, '-enddate', to);
    } else {
      if (options.issuer !== undefined) {
        writeFileSync(join(folder, 'ca-key'), options.issuer.key);
        writeFileSync(join(folder, 'ca-cert'), options.issuer.cert);
      }
      const signer =
        options.issuer === undefined
          ? ['-signkey', 'key']
          : ['-CA', 'ca-cert', '-CAkey', 'ca-key', '-CAcreateserial'];
      openssl('x509', '-req', '-in', 'request', '-out', 'cert', '-extfile', 'extensions', ...signer);
    }
    const cert = readFileSync(join(folder, 'cert'), 'utf8');
    const key = readFileSync(join(folder, 'key'), 'utf8');
    return { key, cert, fingerprint256: new X509Certificate(cert).fingerprint256 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
