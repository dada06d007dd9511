import { createHash } from 'node:crypto';
import { NetworkError } from '../../../src/core/errors.ts';
import {
  type Dial,
  dialTcp,
  type Transport,
  type TransportHandler,
} from '../../../src/protocols/smb/transport.ts';

/** A frame that a real server sent, and how many frames the client had sent by then. */
export interface RecordedFrame {
  readonly after: number;
  readonly frame: Buffer;
}

/** The same "random" bytes in each run, so that a recorded login can be replayed. */
export function repeatableRandom(): (length: number) => Buffer {
  let count = 0;
  return (length) => {
    const digest = createHash('sha512').update(`smb ${count++}`).digest();
    return Buffer.from(digest.subarray(0, length));
  };
}

/** Connects as usual and keeps what the server sends. */
export function recordingDial(recording: RecordedFrame[]): Dial {
  return async (endpoint, handler, signal) => {
    let sent = 0;
    let rest = Buffer.alloc(0);
    const keep = (bytes: Uint8Array): void => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
        const end = 4 + rest.readUInt32BE(0);
        recording.push({ after: sent, frame: Buffer.from(rest.subarray(4, end)) });
        rest = rest.subarray(end);
      }
    };
    const transport = await dialTcp(
      endpoint,
      {
        nextBuffer: () => handler.nextBuffer(),
        received: (buffer, length) => {
          keep(buffer.subarray(0, length));
          handler.received(buffer, length);
        },
        closed: (error) => handler.closed(error),
      },
      signal,
    );
    return {
      ...transport,
      write: (parts) => {
        sent++;
        transport.write(parts);
      },
    };
  };
}

/** How the bytes of a replayed server are cut; gets how many are left and says how many come next. */
export type Cut = (left: number) => number;

/**
 * Plays a recording once, without a network: each frame after the client has sent as much as then. When both sides
 * have nothing more to say, and at a second connection, the server is gone.
 */
export function replayingDial(recording: readonly (RecordedFrame | undefined)[], cut: Cut): Dial {
  let dials = 0;
  return async (_, handler) => {
    if (dials++ > 0) throw new NetworkError('The recording is over.', { retryable: false });
    return new ReplayedServer(recording, cut, handler);
  };
}

/** Turns of the event loop without anything to say after which the server is gone. */
const IDLE_TURNS = 3;

class ReplayedServer implements Transport {
  readonly #recording: readonly (RecordedFrame | undefined)[];
  readonly #cut: Cut;
  readonly #handler: TransportHandler;
  #sent = 0;
  #next = 0;
  #idleTurns = 0;
  #isGone = false;

  constructor(recording: readonly (RecordedFrame | undefined)[], cut: Cut, handler: TransportHandler) {
    this.#recording = recording;
    this.#cut = cut;
    this.#handler = handler;
    setImmediate(() => this.#turn());
  }

  write(): void {
    this.#sent++;
    this.#idleTurns = 0;
  }

  hold(): void {}

  end(): void {
    this.#isGone = true;
  }

  destroy(): void {
    this.#isGone = true;
  }

  #turn(): void {
    if (this.#isGone) return;
    if (this.#sent > 0) this.#idleTurns++;
    for (; this.#next < this.#recording.length; this.#next++) {
      const recorded = this.#recording[this.#next];
      if (recorded !== undefined && recorded.after > this.#sent) break;
      if (recorded !== undefined) this.#deliver(recorded.frame);
      this.#idleTurns = 0;
      if (this.#isGone) return;
    }
    if (this.#idleTurns > IDLE_TURNS) {
      this.#isGone = true;
      this.#handler.closed(new NetworkError('The recorded server has nothing more to say.'));
    } else setImmediate(() => this.#turn());
  }

  /** Hands over a frame that has its length before it already. */
  #deliver(frame: Buffer): void {
    for (let at = 0; at < frame.length && !this.#isGone; ) {
      const buffer = this.#handler.nextBuffer();
      const wanted = Math.max(1, this.#cut(frame.length - at));
      const length = Math.min(wanted, frame.length - at, buffer.length);
      buffer.set(frame.subarray(at, at + length));
      this.#handler.received(buffer, length);
      at += length;
    }
  }
}
