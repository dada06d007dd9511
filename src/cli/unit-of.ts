import type { Metadata } from '../index.ts';

/** End of the name of an array that names its time step: `_00100`, `_t0.5`, `_step07`, `_1e-05`. */
const STEP_SUFFIX = /_(?:t|step)?-?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i;

/**
 * Finds the unit of an array in the metadata of its file: `units` by the array's name, else by its name without the time
 * step; `units.NAME` as one key counts as well. Undefined where there is none.
 */
export function unitOf(metadata: Metadata, array: string): string | undefined {
  const units: unknown = metadata['units'];
  const inside =
    typeof units === 'object' && units !== null ? (units as Readonly<Record<string, unknown>>) : {};
  for (const name of [array, array.replace(STEP_SUFFIX, '')]) {
    for (const unit of [Object.hasOwn(inside, name) ? inside[name] : undefined, metadata[`units.${name}`]])
      if (typeof unit === 'string' && unit.trim() !== '') return unit.trim();
  }
  return undefined;
}
