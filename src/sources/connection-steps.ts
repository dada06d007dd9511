import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { abortable, linkSignals } from '../core/abort.ts';
import type { ConnectionStep } from '../core/connection.ts';
import { isVascuError } from '../core/errors.ts';
import { connected, dial } from '../protocols/tcp/dial.ts';

/** Finding or failure of a step. */
export type StepOutcome = Omit<ConnectionStep, 'name'>;

/** A step of a connection check: its name, and how to look. */
export type PlannedStep = readonly [name: string, look: () => Promise<StepOutcome>];

/** Longest time for a port to answer, milliseconds. */
const REACH_MS = 10_000;

/**
 * Tries one step after the other and stops at the first that fails.
 *
 * @param label - of what messages begin with: the id of the source
 */
export async function runSteps(
  plan: readonly PlannedStep[],
  signal: AbortSignal | undefined,
  label?: string | undefined,
): Promise<ConnectionStep[]> {
  const steps: ConnectionStep[] = [];
  for (const [name, look] of plan) {
    signal?.throwIfAborted();
    let outcome: StepOutcome;
    try {
      outcome = await abortable(look(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      outcome = explain(error, label);
    }
    steps.push({ name, ...outcome });
    if (!outcome.ok) break;
  }
  return steps;
}

export function fine(found: string): StepOutcome {
  return { ok: true, found };
}

/** Explains a failure: a typed error says what is wrong and, behind a colon or in a new sentence, what to do. */
function explain(error: unknown, label: string | undefined): StepOutcome {
  if (!isVascuError(error)) return { ok: false, found: String(error), remedy: 'Please report this.' };
  const message = withoutLabel(error.message, label);
  const [, found = message, remedy = ''] =
    /^(.*?)(?:: (?!refused )(?=["a-z])|[.;] (?=[A-Z]))(.*)$/s.exec(message) ?? [];
  return { ok: false, found, remedy: remedy === '' ? message : remedy, code: error.code };
}

/** Takes away the source, or the file of it, that a message begins with: the colon behind it is not that of a remedy. */
function withoutLabel(message: string, label: string | undefined): string {
  if (label === undefined || !message.startsWith(label)) return message;
  const rest = message.slice(label.length);
  const [end] = /^(?:\/\S*?|\/.*?\.\w+)?: /.exec(rest) ?? [];
  return end === undefined ? message : rest.slice(end.length);
}

/** Tells whether a host's name stands for an address. */
export async function checkName(host: string, remedy: string): Promise<StepOutcome> {
  if (isIP(host) !== 0) return fine(`${host} is an address`);
  try {
    const addresses = await lookup(host, { all: true });
    return fine(`${host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch {
    return { ok: false, found: `there is no host of the name ${host}`, remedy };
  }
}

/** Tells whether somebody listens at a port. */
export async function checkPort(
  host: string,
  port: number,
  remedy: string,
  signal: AbortSignal | undefined,
): Promise<StepOutcome> {
  const dialing = dial({ host, port }, REACH_MS);
  const silent = new Error(`no answer within ${REACH_MS} ms`);
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(silent), REACH_MS);
  const link = linkSignals(signal, stop.signal);
  try {
    (await connected(dialing, link.signal)).destroy();
    return fine(`port ${port} is open`);
  } catch (error) {
    signal?.throwIfAborted();
    const addresses = dialing.describe();
    const said = (error as { code?: string }).code ?? (error as Error).message;
    const found = `port ${port} of ${host}${addresses} cannot be reached (${said})`;
    return { ok: false, found, remedy };
  } finally {
    clearTimeout(timer);
    link.unlink();
  }
}
