import { lookup } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { abortable } from '../../core/abort.ts';

/** An address to connect to. */
export interface DialAddress {
  readonly host: string;
  readonly port: number;
}

/** A connection by TCP that is being made. */
export interface Dialing {
  /**
   * Connected socket; rejects with the system's error, or with a {@link DialError} where a name has several addresses.
   */
  readonly socket: Promise<Socket>;
  /** Tells what each address has said so far, to be put behind the host's name; `''` where there is only one. */
  describe(): string;
  /** Ends all that is under way. */
  cancel(): void;
}

/** Time that an address has before the next one is tried beside it, milliseconds (RFC 8305, 5). */
const NEXT_ADDRESS_MS = 250;

/** Time until which all addresses are being tried, milliseconds: also the last of many may be the one that works. */
const ALL_ADDRESSES_MS = 1000;

/** Least time between two addresses, milliseconds (RFC 8305, 8). */
const MIN_STEP_MS = 10;

/** Codes which say that this machine has no way to addresses of a kind, and nothing of the server. */
const NO_WAY = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];

/** Error for a host of which no address could be connected to. */
export class DialError extends Error {
  override readonly name = 'DialError';
  /** Code of the address that says most. */
  readonly code: string;
  /** Text of what each address said, to be put behind the host's name. */
  readonly addresses: string;

  constructor(cause: Error, addresses: string) {
    super(cause.message, { cause });
    this.code = codeOf(cause);
    this.addresses = addresses;
  }
}

/**
 * Connects to the address of a host that answers first (Happy Eyeballs, RFC 8305): IPv6 and IPv4 in turns, the next one
 * begun when one has failed or has not answered for a moment, while those before it go on. So a connection takes as long
 * as by the address that works, and each address has all of the caller's time. The others are closed.
 *
 * @param timeoutMs - when the caller will give up, milliseconds: all addresses are tried well before
 * @param open - makes the socket for one address
 */
export function dial(
  { host, port }: DialAddress,
  timeoutMs: number,
  open: (to: DialAddress) => Socket = (to) => connect({ ...to, noDelay: true }),
): Dialing {
  const race = new Race(port, timeoutMs, open);
  if (isIP(host) !== 0) race.run([host]);
  else {
    lookup(host, { all: true }, (error, found) => {
      if (error === null) race.run(inTurns(found));
      else race.fail(error);
    });
  }
  return race;
}

/**
 * Waits for the connection that a {@link Dialing} comes to; it is ended where `signal` aborts first.
 *
 * @throws the reason of `signal` when it aborts first
 */
export async function connected(dialing: Dialing, signal: AbortSignal): Promise<Socket> {
  try {
    return await abortable(dialing.socket, signal);
  } catch (error) {
    dialing.cancel();
    // It may have come at the same moment.
    dialing.socket.then(
      (socket) => socket.destroy(),
      () => undefined,
    );
    throw error;
  }
}

/** Puts the addresses of the two families in turns, each once, as the system orders them otherwise. */
function inTurns(found: readonly { readonly address: string; readonly family: number }[]): string[] {
  const first = found[0]?.family;
  const of = (isFirst: boolean): string[] => [
    ...new Set(found.filter(({ family }) => (family === first) === isFirst).map(({ address }) => address)),
  ];
  const [one, other] = [of(true), of(false)];
  return Array.from({ length: Math.max(one.length, other.length) }, (_, at) => [one[at], other[at]])
    .flat()
    .filter((address) => address !== undefined);
}

class Race implements Dialing {
  readonly socket: Promise<Socket>;
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #open: (to: DialAddress) => Socket;
  readonly #running = new Map<string, Socket>();
  readonly #failed = new Map<string, Error>();
  #waiting: string[] = [];
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #resolve!: (socket: Socket) => void;
  #reject!: (error: Error) => void;

  constructor(port: number, timeoutMs: number, open: (to: DialAddress) => Socket) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
    this.#open = open;
    this.socket = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever cancels no longer looks at it.
    this.socket.catch(() => undefined);
  }

  run(addresses: readonly string[]): void {
    this.#waiting = [...addresses];
    this.#count = addresses.length;
    if (!this.#ended) this.#next();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.cancel();
    this.#reject(error);
  }

  cancel(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    for (const socket of this.#running.values()) socket.on('error', () => undefined).destroy();
  }

  describe(): string {
    if (this.#count < 2) return '';
    const said = [...this.#failed].map(([address, error]) => `${address}: ${codeOf(error)}`);
    const silent = [...this.#running.keys()].map((address) => `${address}: no answer`);
    return ` (${[...said, ...silent, ...this.#waiting.map((address) => `${address}: not tried`)].join(', ')})`;
  }

  #next(): void {
    clearTimeout(this.#timer);
    const address = this.#waiting.shift();
    if (address === undefined) {
      if (this.#running.size === 0) this.fail(this.#verdict());
      return;
    }
    this.#try(address);
    if (this.#waiting.length > 0 && !this.#ended)
      this.#timer = setTimeout(() => this.#next(), this.#stepMs());
  }

  #try(address: string): void {
    const socket = this.#open({ host: address, port: this.#port });
    const lost = (error: Error): void => {
      if (this.#ended || !this.#running.delete(address)) return;
      this.#failed.set(address, error);
      this.#next();
    };
    this.#running.set(address, socket);
    socket.once('error', lost).once('connect', () => {
      socket.off('error', lost);
      if (this.#ended || !this.#running.delete(address)) return;
      this.cancel();
      this.#resolve(socket);
    });
  }

  #stepMs(): number {
    const steps = this.#count - 1;
    const share = Math.min(ALL_ADDRESSES_MS, this.#timeoutMs / 4) / steps;
    return Math.max(MIN_STEP_MS, Math.min(NEXT_ADDRESS_MS, share));
  }

  #verdict(): Error {
    const errors = [...this.#failed.values()];
    const found = errors.find((error) => !NO_WAY.includes(codeOf(error))) ?? errors[0];
    if (found === undefined) return Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    return this.#count < 2 ? found : new DialError(found, this.describe());
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
