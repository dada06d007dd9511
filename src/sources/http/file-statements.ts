import { isVascuError } from '../../core/errors.ts';
import { withRetry } from '../../core/retry.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { lengthOf, refusesHead } from './headers.ts';

/** Files in turn of which HEAD fails and GET does not, after which HEAD is not asked again. */
const MAX_FAILED_HEADS = 2;

/** Question about a file. */
export interface Question<Found> {
  /** Asks by HEAD. */
  head(): Promise<HttpResponse>;
  /** Asks by GET, and takes no bytes. */
  look(mayAskParts: boolean): Promise<HttpResponse>;
  /** Reads what an answer says of the file; undefined where it does not say how long it is. */
  read(response: HttpResponse, byHead: boolean): Found | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A server's statements on its files: by HEAD, or by GET where HEAD is refused, fails, or says too little. */
export class FileStatements {
  #headless = false;
  /** Files in turn of which HEAD failed and GET did not. */
  #failedHeads = 0;

  /** Notes that what HEAD says is not what GET sends: it is not asked again. */
  distrustHead(): void {
    this.#headless = true;
  }

  /** @returns undefined where nothing tells how long the file is; the answer that was read last */
  ask<Found>(
    question: Question<Found>,
  ): Promise<{ readonly found: Found | undefined; readonly response: HttpResponse }> {
    return withRetry(
      async (attempt) => {
        // A server that fails at HEAD alone, or never answers it, is asked by GET the second time.
        const isFailed = attempt > 0 && !this.#headless;
        let [isRefused, mayAskParts] = [false, true];
        if (!this.#headless && !isFailed) {
          const response = await question.head();
          await response.discard();
          const { status, headers } = response;
          isRefused = refusesHead(status);
          // Few files are empty, and some servers say so of each.
          if (!isRefused && lengthOf(headers) !== 0) {
            const found = readHead(question, response);
            this.#failedHeads = 0;
            if (found !== undefined) return { found, response };
            mayAskParts = lengthOf(headers) !== undefined;
          }
        }
        const response = await question.look(mayAskParts);
        const found = question.read(response, false);
        if (isFailed) this.#failedHeads++;
        this.#headless ||= isRefused || this.#failedHeads >= MAX_FAILED_HEADS;
        return { found, response };
      },
      { signal: question.signal },
    );
  }
}

/**
 * Reads what HEAD says; undefined also where it describes something else than the file, such as a page, or what another
 * way would send.
 */
function readHead<Found>(question: Question<Found>, response: HttpResponse): Found | undefined {
  try {
    return question.read(response, true);
  } catch (error) {
    if (isVascuError(error, 'UNSUPPORTED', 'INTEGRITY')) return undefined;
    throw error;
  }
}
