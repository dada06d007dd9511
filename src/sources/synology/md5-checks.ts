import { createHash, type Hash } from 'node:crypto';
import { linkSignals } from '../../core/abort.ts';
import { IntegrityError, UnsupportedError } from '../../core/errors.ts';
import type { BodyCheck } from '../../core/exact-body.ts';
import type { ByteRange, FileEntry } from '../../core/source.ts';
import type { NasConnection } from './connection.ts';
import { md5Of } from './md5-task.ts';

/** A read that broke off: what it had. */
interface Broken {
  readonly hash: Hash;
  /** Bytes that were hashed. */
  readonly position: number;
  /** MD5 of the file, where the NAS had computed it. */
  readonly expected: string | undefined;
}

/** Number of broken-off reads that are remembered, so that going on with one can be checked. */
const MAX_BROKEN = 64;

/**
 * Collection of checks of files with the MD5 that the NAS computes while they are read: those that are read whole, and
 * those that are read on from where they broke off. A part alone cannot be checked.
 */
export class Md5Checks {
  readonly #nas: NasConnection;
  readonly #broken = new Map<string, Broken>();

  constructor(nas: NasConnection) {
    this.#nas = nas;
  }

  /** @throws UnsupportedError when the NAS computes no MD5 */
  async assertPossible(): Promise<void> {
    if ((await this.#nas.apis()).md5 !== undefined) return;
    throw new UnsupportedError(
      'md5',
      `${this.#nas.address.id} computes no MD5: leave out the option verify.`,
    );
  }

  /** Begins the check of a read of `range`; undefined where there can be none. */
  begin(entry: FileEntry, range: ByteRange, label: string, signal: AbortSignal): BodyCheck | undefined {
    if (range.end !== entry.size) return undefined;
    const key = `${entry.version}/${entry.path}`;
    const broken = range.start > 0 ? this.#broken.get(key) : undefined;
    if (broken?.position !== (range.start > 0 ? range.start : undefined)) return undefined;
    this.#broken.delete(key);
    const hash = broken?.hash ?? createHash('md5');
    let position = range.start;
    let expected = broken?.expected;
    const stop = new AbortController();
    const link = linkSignals(signal, stop.signal);
    const task = async (): Promise<string> => {
      expected ??= await md5Of(this.#nas, entry.path, link.signal);
      return expected;
    };
    const computed = task();
    // It is looked at when the bytes have come.
    computed.catch(() => undefined);
    return {
      update: (chunk) => {
        hash.update(chunk);
        position += chunk.byteLength;
      },
      finish: async () => {
        try {
          compare(label, hash.digest('hex'), await computed);
        } finally {
          link.unlink();
        }
      },
      breakOff: () => {
        stop.abort(new Error('The file is not read on.'));
        link.unlink();
        if (position < entry.size) this.#remember(key, { hash, position, expected });
      },
    };
  }

  #remember(key: string, broken: Broken): void {
    this.#broken.set(key, broken);
    const [oldest] = this.#broken.keys();
    if (this.#broken.size > MAX_BROKEN && oldest !== undefined) this.#broken.delete(oldest);
  }
}

function compare(label: string, actual: string, expected: string): void {
  if (actual === expected) return;
  throw new IntegrityError(
    `${label} arrived with the MD5 ${actual}, and the NAS computed ${expected}: it was changed on the way, or while it was read.`,
    expected,
    actual,
  );
}
