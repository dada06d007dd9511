import { NetworkError } from '../../core/errors.ts';
import { decodeKey, isSound } from './key-text.ts';
import { childText, parseXml, type XmlElement } from './xml.ts';

/** Object of a listing. */
export interface ListedObject {
  /** Key of the object, with U+FFFD for what is no text. */
  readonly key: string;
  /** True when the key is text that can be asked for. */
  readonly isText: boolean;
  readonly size: number;
  /** ETag without quotes. */
  readonly etag: string;
  /** Whole seconds, as the answer to a GET has them. */
  readonly modified: Date | undefined;
}

/** Page of a listing. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  /** True when there is more. */
  readonly isTruncated: boolean;
  /** Token of the next page. */
  readonly next: string | undefined;
}

/**
 * Reads a page of `ListObjectsV2`.
 *
 * @param label - how messages name what was listed
 * @throws NetworkError when it is none
 */
export function parseListPage(text: string, label: string, host: string): ListPage {
  const root = parseXml(text);
  const bad = (problem: string): NetworkError =>
    new NetworkError(`${label}: ${host} ${problem}.`, { retryable: false });
  if (root?.name !== 'ListBucketResult') {
    const isCut = /<ListBucketResult/.test(text);
    if (isCut) throw new NetworkError(`${label}: the listing of ${host} ends in its middle.`);
    const found =
      text.trim() === '' ? 'nothing' : /^\s*<(!doctype|html)/i.test(text) ? 'an HTML page' : 'something else';
    throw bad(`sends ${found} in place of a listing: check the endpoint, its port above all`);
  }
  const isCoded = childText(root, 'EncodingType')?.toLowerCase() === 'url';
  const next = childText(root, 'NextContinuationToken');
  return {
    objects: root.children
      .filter(({ name }) => name === 'Contents')
      .map(
        (element) =>
          readObject(element, isCoded) ?? fail(bad('lists an object without a key, a size or an ETag')),
      ),
    isTruncated: childText(root, 'IsTruncated')?.trim().toLowerCase() === 'true',
    next: next === '' ? undefined : next,
  };
}

/**
 * Yields the pages of a listing to its end; some have no objects, and more follow.
 *
 * @param readPage - gets the token of the page; none for the first
 * @throws NetworkError when the pages go in circles, or there is more and no way to it
 */
export async function* readPages(
  readPage: (token: string | undefined) => Promise<ListPage>,
  label: string,
): AsyncGenerator<ListPage, void, void> {
  const seen = new Set<string>();
  for (let token: string | undefined; ; ) {
    const page = await readPage(token);
    const { isTruncated, next } = page;
    yield page;
    if (!isTruncated) return;
    if (next === undefined || seen.has(next)) {
      const problem = next === undefined ? 'there is more, and not how to get it' : 'the same page again';
      throw new NetworkError(
        `${label}: the listing breaks off, since the server says ${problem}. It does not keep to ListObjectsV2: try another endpoint of it.`,
        { retryable: false },
      );
    }
    seen.add(next);
    token = next;
  }
}

/** Makes the version of a file: its ETag without quotes and without the mark of a weak one. */
export function versionOf(etag: string | null | undefined): string | undefined {
  const version = etag
    ?.trim()
    .replace(/^W\//, '')
    .replace(/^"(.*)"$/, '$1');
  return version === undefined || !/^[\x21\x23-\x7e]+$/.test(version) ? undefined : version;
}

function readObject(element: XmlElement, isCoded: boolean): ListedObject | undefined {
  const given = childText(element, 'Key');
  const size = childText(element, 'Size')?.trim() ?? '';
  const etag = versionOf(childText(element, 'ETag'));
  if (given === undefined || !/^\d+$/.test(size) || etag === undefined) return undefined;
  const name = isCoded ? decodeKey(given) : { key: given, isText: isSound(given) };
  const milliseconds = Date.parse(childText(element, 'LastModified') ?? '');
  const modified = Number.isNaN(milliseconds) ? undefined : new Date(Math.floor(milliseconds / 1000) * 1000);
  return { ...name, size: Number(size), etag, modified };
}

function fail(error: Error): never {
  throw error;
}
