/** How the body of an error can come where a file was asked for. */
export type ErrorStyle =
  | 'json' // 200, application/json
  | 'text' // 200, JSON as text/plain (DSM 5)
  | 'json-404' // 404, JSON
  | 'html-404' // 404, an HTML page
  | 'empty-404' // 404, nothing
  | 'octet-stream'; // 200, JSON as application/octet-stream, but not as an attachment

/** What goes wrong with a call. */
export type Fault =
  /** The API answers this error. */
  | { readonly kind: 'code'; readonly code: number; readonly errors?: unknown }
  /** Any answer. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** The data of the answer is changed. */
  | { readonly kind: 'edit'; edit(data: Readonly<Record<string, unknown>>): Record<string, unknown> }
  /** The connection breaks before the answer. */
  | { readonly kind: 'reset' }
  /** Nothing comes, ever. */
  | { readonly kind: 'hang' }
  /** The file's body stops after so many bytes: the connection breaks, … */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** … or ends in good order, its length never announced, as behind a proxy, … */
  | { readonly kind: 'truncate'; readonly bytes: number }
  /** … or nothing more comes. */
  | { readonly kind: 'stall'; readonly bytes: number }
  /** One byte of the file arrives changed. */
  | { readonly kind: 'flip'; readonly at: number }
  /** The answer waits until this settles. */
  | { readonly kind: 'wait'; readonly until: Promise<unknown> };

/** Which calls a fault befalls. */
export interface FaultPlan {
  /** Ends of API names, such as `Download`. @defaultValue all */
  readonly api?: string | undefined;
  readonly method?: string | undefined;
  /** Only calls that name this in a parameter. */
  readonly mentions?: string | undefined;
  /** How many calls go well before. @defaultValue 0 */
  readonly after?: number | undefined;
  /** How many calls it befalls. @defaultValue 1 */
  readonly times?: number | undefined;
}

/** The faults a server was told to have. */
export class Faults {
  #plans: { plan: FaultPlan; fault: Fault; passed: number; befallen: number }[] = [];

  add(plan: FaultPlan, fault: Fault): void {
    this.#plans.push({ plan, fault, passed: 0, befallen: 0 });
  }

  clear(): void {
    this.#plans = [];
  }

  take(api: string, method: string, parameters: ReadonlyMap<string, string>): Fault | undefined {
    for (const entry of this.#plans) {
      const { plan } = entry;
      if (plan.api !== undefined && !api.endsWith(plan.api)) continue;
      if (plan.method !== undefined && plan.method !== method) continue;
      const { mentions } = plan;
      if (mentions !== undefined && ![...parameters.values()].some((value) => value.includes(mentions)))
        continue;
      if (entry.passed++ < (plan.after ?? 0) || entry.befallen >= (plan.times ?? 1)) continue;
      entry.befallen++;
      return entry.fault;
    }
    return undefined;
  }
}
