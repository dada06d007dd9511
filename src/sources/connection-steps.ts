import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import { abortable } from '../core/abort.ts';
import type { ConnectionStep } from '../core/connection.ts';
import { isVascuError } from '../core/errors.ts';

/** What a step found, or how it failed. */
export type StepOutcome = Omit<ConnectionStep, 'name'>;

/** A step of a connection check: its name, and how to look. */
export type PlannedStep = readonly [name: string, look: () => Promise<StepOutcome>];

/** Longest time for a port to answer, milliseconds. */
const REACH_MS = 10_000;

/** Tries one step after the other and stops at the first that fails. */
export async function runSteps(
  plan: readonly PlannedStep[],
  signal: AbortSignal | undefined,
): Promise<ConnectionStep[]> {
  const steps: ConnectionStep[] = [];
  for (const [name, look] of plan) {
    signal?.throwIfAborted();
    let outcome: StepOutcome;
    try {
      outcome = await abortable(look(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      outcome = explain(error);
    }
    steps.push({ name, ...outcome });
    if (!outcome.ok) break;
  }
  return steps;
}

export function fine(found: string): StepOutcome {
  return { ok: true, found };
}

/** A typed error says what is wrong and, behind a colon or in a new sentence, what to do. */
function explain(error: unknown): StepOutcome {
  if (!isVascuError(error)) return { ok: false, found: String(error), remedy: 'Please report this.' };
  const [, found = error.message, remedy = ''] =
    /^(.*?)(?:: (?!refused )(?=["a-z])|[.;] (?=[A-Z]))(.*)$/s.exec(error.message) ?? [];
  return { ok: false, found, remedy: remedy === '' ? error.message : remedy, code: error.code };
}

/** Whether a host's name stands for an address. */
export async function checkName(host: string, remedy: string): Promise<StepOutcome> {
  if (isIP(host) !== 0) return fine(`${host} is an address`);
  try {
    const addresses = await lookup(host, { all: true });
    return fine(`${host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch {
    return { ok: false, found: `there is no host of the name ${host}`, remedy };
  }
}

/** Whether somebody listens at a port. */
export async function checkPort(
  host: string,
  port: number,
  remedy: string,
  signal: AbortSignal | undefined,
): Promise<StepOutcome> {
  const socket = connect({ host, port, timeout: REACH_MS });
  const stop = (): void => void socket.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const failure = await new Promise<string | undefined>((resolve) => {
      socket
        .once('connect', () => resolve(undefined))
        .once('timeout', () => resolve(`no answer within ${REACH_MS} ms`))
        .once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
        .once('close', () => resolve('closed'));
    });
    if (failure === undefined) return fine(`port ${port} is open`);
    return { ok: false, found: `port ${port} of ${host} cannot be reached (${failure})`, remedy };
  } finally {
    signal?.removeEventListener('abort', stop);
    socket.destroy();
  }
}
