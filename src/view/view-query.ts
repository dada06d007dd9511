import { ConfigError } from '../core/errors.ts';
import { showValue } from '../core/show-value.ts';
import type { Plane } from '../mesh.ts';
import type { ViewedOn } from './view-protocol.ts';
import type { ArrayRequest } from './view-service.ts';

/** Longest text of a request, characters. */
const MAX_TEXT_CHARACTERS = 8_000;

/** Texts of the address of a request, each checked as it is read. */
export class ViewQuery {
  readonly #given: URLSearchParams;

  constructor(given: URLSearchParams) {
    this.#given = given;
  }

  /** Reads a text; undefined where it is not there, or empty. */
  text(name: string): string | undefined {
    const value = this.#given.get(name) ?? '';
    if (value.length > MAX_TEXT_CHARACTERS)
      throw new ConfigError(
        name,
        `${name} has ${value.length} characters; the most are ${MAX_TEXT_CHARACTERS}.`,
      );
    return value === '' ? undefined : value;
  }

  /** @throws ConfigError where it is not there */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new ConfigError(name, `${name} is missing.`);
    return value;
  }

  /** Reads a whole number from 0 on. */
  whole(name: string, otherwise: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    if (/^\d{1,15}$/.test(value)) return Number(value);
    throw new ConfigError(name, `${name} is ${showValue(value)}; it must be a whole number from 0 on.`);
  }

  plane(): Plane {
    const value = this.required('plane');
    const numbers = value.split(',').map((each) => (each.trim() === '' ? Number.NaN : Number(each)));
    if (numbers.length === 4 && numbers.every(Number.isFinite)) return numbers as unknown as Plane;
    throw new ConfigError('plane', `plane is ${showValue(value)}; it must be four numbers: nx,ny,nz,d.`);
  }

  on(): ViewedOn | undefined {
    const value = this.text('on');
    if (value === undefined || value === 'node' || value === 'cell') return value;
    throw new ConfigError('on', `on is ${showValue(value)}; it must be node or cell.`);
  }

  /** Reads the direction of play. */
  ahead(): 1 | -1 | 0 | undefined {
    const value = this.text('ahead');
    if (value === undefined) return undefined;
    if (value === '1' || value === '-1' || value === '0') return Number(value) as 1 | -1 | 0;
    throw new ConfigError('ahead', `ahead is ${showValue(value)}; it must be 1, -1 or 0.`);
  }

  /** Reads all of an array but its name. */
  shown(): Omit<ArrayRequest, 'array'> {
    return {
      sample: this.required('sample'),
      on: this.on(),
      component: this.text('component'),
      step: this.whole('step', 0),
      minus: this.text('minus'),
    };
  }

  array(): ArrayRequest {
    return { ...this.shown(), array: this.required('array') };
  }
}
