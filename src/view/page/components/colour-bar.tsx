import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type ColorMapName, colorTable, TABLE_SIZE } from '../../../render/color.ts';
import { NAN_COLOUR } from '../picture-renderer.ts';
import { defaultMap, scaleTicks } from '../value-scale.ts';
import { useViewer } from './use-viewer.ts';

/** Pixels that a bar is assumed to have before it is laid out. */
const GUESSED_PIXELS = 400;

/** Colour bar: the map from the low to the high end, with labels. */
export function ColourBar(): JSX.Element | null {
  const { scene, scale, link } = useViewer();
  const bar = useRef<HTMLDivElement>(null);
  const [pixels, setPixels] = useState(GUESSED_PIXELS);
  const first = scene?.parts.find(({ values }) => values !== undefined);
  const isShown = first?.array !== undefined && scene !== undefined;
  useLayoutEffect(() => {
    const element = bar.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setPixels(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [isShown]);
  if (!isShown || first?.array === undefined) return null;
  const { array } = first;
  const notFinite = scene.parts.reduce((sum, { values }) => sum + (values?.facts.notFinite ?? 0), 0);
  const ticks = scale === undefined ? [] : scaleTicks(scale, pixels);
  const title = titleOf(array.name, array.components, scene.component, array.componentNames);
  const whole = scene.isDifference ? `${title}: ${first.sample} − ${scene.asked.compare ?? ''}` : title;
  const unit = array.unit === undefined || array.unit === '' ? '' : ` (${array.unit})`;
  return (
    <div class="bar" role="group" aria-label="Colour bar">
      <p class="bar-title">
        {whole}
        {unit}
      </p>
      <div ref={bar} class="bar-body">
        {scale === undefined ? null : (
          <Ribbon map={link.map ?? defaultMap(scene.isDifference)} isOne={scale.low === scale.high} />
        )}
        {ticks.map(({ value, text, place }) => (
          <span
            key={value}
            class={`tick ${place < 0.02 ? 'first' : place > 0.98 ? 'last' : ''}`}
            style={{ left: `${100 * place}%` }}
            data-value={String(value)}
          >
            {text}
          </span>
        ))}
      </div>
      {scale === undefined ? (
        <p class="hint">
          {link.isLog ? 'No value above 0 has a place on this scale.' : 'No value is finite.'}
        </p>
      ) : null}
      {notFinite === 0 ? null : (
        <p class="swatch">
          <span aria-hidden="true" style={{ background: `rgb(${NAN_COLOUR.join(' ')})` }} />
          not finite: {notFinite.toLocaleString('en')}
        </p>
      )}
    </div>
  );
}

/** Ribbon of the colours of a map. */
function Ribbon({ map, isOne }: { readonly map: ColorMapName; readonly isOne: boolean }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context === null || context === undefined) return;
    const table = colorTable(map);
    const image = context.createImageData(TABLE_SIZE, 1);
    for (let at = 0; at < TABLE_SIZE; at++) {
      const from = 3 * (isOne ? TABLE_SIZE / 2 : at);
      image.data.set([...table.subarray(from, from + 3), 255], 4 * at);
    }
    context.putImageData(image, 0, 0);
  }, [map, isOne]);
  return <canvas ref={canvas} class="ribbon" width={TABLE_SIZE} height={1} aria-hidden="true" />;
}

/** Writes the name of an array with its component, as `render` does. */
export function titleOf(
  name: string,
  components: number,
  component: string | undefined,
  names: readonly string[],
): string {
  if (components === 1) return name;
  if (component === undefined) return `|${name}|`;
  const letter = ['x', 'y', 'z'].indexOf(component);
  const own = names[letter === -1 ? Number(component) : letter] ?? '';
  return `${name} ${own === '' ? component : own}`;
}
