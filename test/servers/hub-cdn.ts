import { createHmac, randomBytes } from 'node:crypto';
import type { HubAnswer } from './hub-answer.ts';
import { type HubFile, xetHash } from './hub-repository.ts';

/** The second origin: serves LFS files at signed URLs, knows nothing of tokens. */
export class HubCdn {
  readonly #key = randomBytes(16);
  readonly #files = new Map<string, HubFile>();
  #generation = 0;

  /** Path and query of a URL that serves `file` for an hour, or until {@link HubCdn.expireAll}. */
  sign(file: HubFile, seconds = 3600): string {
    const hash = xetHash(file.lfs?.oid ?? file.oid);
    this.#files.set(hash, file);
    const expires = Math.floor(Date.now() / 1000) + seconds;
    const query = `X-Amz-Expires=${seconds}&Expires=${expires}&generation=${this.#generation}`;
    return `/xet-bridge-us/${hash}?${query}&X-Amz-Signature=${this.#signature(hash, query)}`;
  }

  /** Makes every URL signed so far useless. */
  expireAll(): void {
    this.#generation++;
  }

  answer(url: string, headers: Readonly<Record<string, string | string[] | undefined>>): HubAnswer {
    const [, hash = '', query = '', signature = ''] =
      /^\/xet-bridge-us\/([0-9a-f]+)\?(.*)&X-Amz-Signature=([0-9a-f]+)$/.exec(url) ?? [];
    const file = this.#files.get(hash);
    if (headers['authorization'] !== undefined) return xmlError(400, 'InvalidArgument');
    if (file === undefined || signature !== this.#signature(hash, query)) {
      return xmlError(403, 'SignatureDoesNotMatch');
    }
    const values = new URLSearchParams(query);
    const isOld = Number(values.get('Expires')) * 1000 < Date.now();
    if (isOld || values.get('generation') !== String(this.#generation)) return xmlError(403, 'AccessDenied');
    const type = 'application/octet-stream';
    return {
      status: 200,
      headers: { 'Content-Type': type, ETag: `"${hash}"` },
      body: file.content,
      isFile: true,
    };
  }

  #signature(hash: string, query: string): string {
    return createHmac('sha256', this.#key).update(`${hash}?${query}`).digest('hex');
  }
}

function xmlError(status: number, code: string): HubAnswer {
  const body = new TextEncoder().encode(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
  return { status, headers: { 'Content-Type': 'application/xml' }, body };
}
