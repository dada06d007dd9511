import { readFileSync } from 'node:fs';

/** Step of a sample's trip, as architecture.md tells it. */
export interface TripStep {
  /** File below `src/`, with its ending. */
  readonly file: string;
  /** Function, or class and method with a dot between them. */
  readonly name: string;
}

/** Reads the steps that `docs/architecture.md` lists under "The trip of a sample", in order. */
export function readTrip(): readonly TripStep[] {
  const text = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');
  const [, section = ''] = /## The trip of a sample\n([^]*?)\n## /.exec(text) ?? [];
  const steps = section.matchAll(/^\d+\. `([\w/-]+\.ts)` `([\w.]+)`/gm);
  return [...steps].map(([, file = '', name = '']) => ({ file, name }));
}
