import { type View, viewNames } from '../../render/camera.ts';
import { type ColorMapName, colorMapNames } from '../../render/color.ts';
import type { Plane } from '../../render/plane.ts';
import { type Camera, formatCamera, parseCamera } from './camera-text.ts';

/** Place of all choices in the fragment of the address; what is undefined or false is the default. */
export interface Link {
  readonly sample?: string | undefined;
  /** Name of the array; empty: plain. */
  readonly field?: string | undefined;
  /** Component: `x`, `y`, `z`, or its number from 0 on. @defaultValue none: the length */
  readonly component?: string | undefined;
  /** Step, counted from 0. */
  readonly step: number;
  readonly range?: 'all' | readonly [low: number, high: number] | undefined;
  readonly isLog: boolean;
  /** Name of the colour map. @defaultValue `'viridis'`, of a difference `'cool-warm'` */
  readonly map?: ColorMapName | undefined;
  readonly view: View;
  readonly camera?: Camera | undefined;
  readonly hasEdges: boolean;
  readonly isLit: boolean;
  readonly clip?: Plane | undefined;
  readonly slice?: Plane | undefined;
  readonly compare?: string | undefined;
  readonly isDifference: boolean;
}

/** Link that says nothing: all defaults. */
const plainLink: Link = {
  step: 0,
  isLog: false,
  view: 'auto',
  hasEdges: false,
  isLit: true,
  isDifference: false,
};

/** Link as it was read, and sentences on what of it could not be. */
export interface ParsedLink {
  readonly link: Link;
  readonly faults: readonly string[];
}

/** Reads a fragment; what cannot be read is left at its default and said. */
export function parseLink(fragment: string): ParsedLink {
  const given = new URLSearchParams(fragment.replace(/^#/, ''));
  const faults: string[] = [];
  const read = <T>(name: string, parse: (text: string) => T | undefined, form: string): T | undefined => {
    const text = given.get(name);
    if (text === null || (text === '' && name !== 'field')) return undefined;
    const value = parse(text);
    if (value === undefined) faults.push(`The link says ${name}=${text}; ${name} is ${form}.`);
    return value;
  };
  const text = (value: string): string => value;
  const flag = (value: string): boolean | undefined =>
    value === '1' || value === 'true' ? true : value === '0' || value === 'false' ? false : undefined;
  const plane = (name: 'clip' | 'slice'): Plane | undefined =>
    read(name, parsePlane, 'a plane nx,ny,nz,d, of which the normal is not 0');
  const link: Link = {
    sample: read('sample', text, 'an id'),
    field: read('field', text, 'the name of an array'),
    component: read(
      'component',
      (value) => (/^(?:[xyz]|\d{1,4})$/.test(value) ? value : value === 'magnitude' ? '' : undefined),
      'x, y, z or a number from 0 on',
    ),
    step:
      read(
        'step',
        (value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined),
        'a whole number from 0 on',
      ) ?? 0,
    range: read('range', parseRange, 'two numbers low,high, the smaller one first, or all'),
    isLog: read('scale', (value) => ({ log: true, linear: false })[value], 'log or linear') ?? false,
    map: read('map', (value) => colorMapNames.find((name) => name === value), colorMapNames.join(', ')),
    view: read('view', (value) => viewNames.find((name) => name === value), viewNames.join(', ')) ?? 'auto',
    camera: read('camera', parseCamera, 'eight numbers as this page writes them'),
    hasEdges: read('edges', flag, '0 or 1') ?? false,
    isLit: read('light', flag, '0 or 1') ?? true,
    clip: plane('clip'),
    slice: plane('slice'),
    compare: read('compare', text, 'an id'),
    isDifference: read('show', (value) => (value === 'difference' ? true : undefined), 'difference') ?? false,
  };
  return { link: { ...link, component: link.component === '' ? undefined : link.component }, faults };
}

function numbersOf(text: string, count: number): readonly number[] | undefined {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  return parts.length === count && parts.every(Number.isFinite) ? parts : undefined;
}

function parsePlane(text: string): Plane | undefined {
  const plane = numbersOf(text, 4) as Plane | undefined;
  return plane?.slice(0, 3).some((value) => value !== 0) === true ? plane : undefined;
}

function parseRange(text: string): Link['range'] {
  if (text === 'all') return 'all';
  const range = numbersOf(text, 2) as readonly [number, number] | undefined;
  return range !== undefined && range[0] < range[1] ? range : undefined;
}

/** Writes a link without `#`; what is the default is left out. */
export function formatLink(link: Link): string {
  const parts: readonly (readonly [name: string, value: string | undefined])[] = [
    ['sample', link.sample],
    ['field', link.field],
    ['component', link.component],
    ['step', link.step === 0 ? undefined : String(link.step)],
    ['range', link.range === undefined ? undefined : String(link.range)],
    ['scale', link.isLog ? 'log' : undefined],
    ['map', link.map],
    ['view', link.view === 'auto' ? undefined : link.view],
    ['camera', link.camera === undefined ? undefined : formatCamera(link.camera)],
    ['edges', link.hasEdges ? '1' : undefined],
    ['light', link.isLit ? undefined : '0'],
    ['clip', link.clip?.join(',')],
    ['slice', link.slice?.join(',')],
    ['compare', link.compare],
    ['show', link.isDifference ? 'difference' : undefined],
  ];
  return encode(parts);
}

/** Writes what is drawn as a fragment, which always has `sample`, `field` and `step`. */
export function formatShown(link: Link, sample: string, field: string, step: number): string {
  const { sample: _, field: __, step: ___, ...rest } = link;
  const more = formatLink({ ...plainLink, ...rest, step: 0 });
  const always = encode([
    ['sample', sample],
    ['field', field],
    ['step', String(step)],
  ]);
  return more === '' ? always : `${always}&${more}`;
}

/** Writes as `URLSearchParams` reads; slashes and commas, which a fragment may have, stay as they are. */
function encode(parts: readonly (readonly [name: string, value: string | undefined])[]): string {
  const given = parts.filter((part): part is readonly [string, string] => part[1] !== undefined);
  return new URLSearchParams(given.map((part) => [...part]))
    .toString()
    .replaceAll('%2C', ',')
    .replaceAll('%2F', '/');
}
