import { ConfigError } from '../data.ts';
import type { Message } from './frame.ts';

/** Reads a field of a request that must be a whole number from 0 on. @throws ConfigError naming the field */
export function numberOf(request: Message, field: string): number {
  const value = request[field];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalid(field, 'a whole number from 0 on');
}

/** Reads a field of a request that must be a text. @throws ConfigError naming the field */
export function textOf(request: Message, field: string): string {
  const value = request[field];
  if (typeof value === 'string') return value;
  throw invalid(field, 'a text');
}

/** Reads a field of a request that must be an object; empty where it is left out. @throws ConfigError naming the field */
export function recordOf(request: Message, field: string): Readonly<Record<string, unknown>> {
  const value = request[field] ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw invalid(field, 'an object');
}

/** Reads a field of a request that must be a list of whole numbers from 0 on. @throws ConfigError naming the field */
export function numbersOf(request: Message, field: string): readonly number[] {
  const value = request[field];
  if (Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0))
    return value as readonly number[];
  throw invalid(field, 'a list of whole numbers from 0 on');
}

function invalid(field: string, what: string): ConfigError {
  return new ConfigError(field, `A request to the engine has no usable "${field}": it must be ${what}.`);
}
