import { CREDIT_BYTES, MAX_PAYLOAD_BYTES } from './protocol.ts';

/** Number of credits that are asked for in the long run: 32 MiB of payload under way. */
const GOAL_CREDITS = 512;
/** Most credits asked for on top of what a request takes. */
const MAX_EXTRA_CREDITS = 256;

/** Account of what the server allows to be under way (MS-SMB2 3.2.4.1.2). */
export class Credits {
  #available = 1;
  #taken = 0;

  /** Credits that can be used now. */
  get available(): number {
    return this.#available;
  }

  /** Credits that there are at all: available, or taken by requests under way. */
  get total(): number {
    return this.#available + this.#taken;
  }

  take(charge: number): void {
    this.#available -= charge;
    this.#taken += charge;
  }

  /** Notes that an answer has come: what its request took is used up, and the server grants anew. */
  settle(charge: number, granted: number): void {
    this.#taken -= charge;
    this.#available += granted;
  }

  /** Computes the credits to ask for with a request that takes `charge`. */
  toRequest(charge: number): number {
    return charge + Math.max(0, Math.min(MAX_EXTRA_CREDITS, GOAL_CREDITS - this.total));
  }

  /** Computes the largest payload of one request that leaves room for others beside it, bytes. */
  payloadLimit(): number {
    const share = Math.max(1, Math.floor(this.total / 4));
    return Math.min(MAX_PAYLOAD_BYTES, share * CREDIT_BYTES);
  }
}
