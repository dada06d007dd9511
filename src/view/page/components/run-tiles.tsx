import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { RunFigures } from '../../view-protocol.ts';
import { shortText } from './number-texts.ts';
import { useViewer } from './use-viewer.ts';

/** Milliseconds between looks at the report, and figures that are drawn. */
const LOOK_MS = 500;
const MAX_FIGURES = 240;

/** Tile: its name, its text, and the number that its curve is drawn of. */
interface Tile {
  readonly name: string;
  readonly text: (figures: RunFigures) => string;
  readonly value?: (figures: RunFigures) => number;
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;
const tiles: readonly Tile[] = [
  {
    name: 'Samples/s',
    text: ({ samplesPerSecond }) => rate(samplesPerSecond),
    value: ({ samplesPerSecond }) => samplesPerSecond,
  },
  {
    name: 'MB/s',
    text: ({ megabytesPerSecond }) => rate(megabytesPerSecond),
    value: ({ megabytesPerSecond }) => megabytesPerSecond,
  },
  { name: 'Waiting', text: ({ waiting }) => percent(waiting), value: ({ waiting }) => waiting },
  {
    name: 'Ready ahead',
    text: ({ readyAhead }) => String(readyAhead),
    value: ({ readyAhead }) => readyAhead,
  },
  {
    name: 'Cache hits',
    text: ({ cacheHits }) => (cacheHits === undefined || cacheHits === null ? '–' : percent(cacheHits)),
    value: ({ cacheHits }) => cacheHits ?? 0,
  },
  { name: 'Bound by', text: ({ boundBy }) => boundBy ?? '–' },
];

function rate(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

/** Course of a run while its report grows. */
export function RunTiles({ name }: { readonly name: string }): JSX.Element {
  const { client } = useViewer();
  const [figures, setFigures] = useState<readonly RunFigures[]>([]);
  const [hasEnded, setEnded] = useState(false);
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    let next = 0;
    let timer: ReturnType<typeof setTimeout>;
    const look = async (): Promise<void> => {
      try {
        const page = await client.report(next, controller.signal);
        next = page.next;
        setFigures((before) => [...(page.isAnew ? [] : before), ...page.figures].slice(-MAX_FIGURES));
        setEnded(page.hasEnded);
        setFault(undefined);
      } catch (error) {
        if (controller.signal.aborted) return;
        setFault(error instanceof Error ? error.message : String(error));
      }
      timer = setTimeout(() => void look(), LOOK_MS);
    };
    void look();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [client]);
  const last = figures.at(-1);
  return (
    <section class="run" aria-labelledby="run-title">
      <h2 id="run-title">
        {name}
        <span class="hint">
          {last === undefined
            ? ' nothing yet'
            : ` ${last.samples} samples in ${shortText(Number(last.seconds.toFixed(1)))} s${hasEnded ? ', ended' : ''}`}
        </span>
      </h2>
      {fault === undefined ? null : (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <div class="tiles">
        {tiles.map(({ name: tile, text, value }) => (
          <div key={tile} class="tile" role="status" aria-label={tile}>
            <span class="tile-name">{tile}</span> <strong>{last === undefined ? '–' : text(last)}</strong>
            {value === undefined ? null : <Curve values={figures.map(value)} />}
          </div>
        ))}
      </div>
    </section>
  );
}

/** Curve of the last values, from 0 to the greatest of them. */
function Curve({ values }: { readonly values: readonly number[] }): JSX.Element {
  const most = Math.max(...values, 0) || 1;
  const points = values.map((value, at) => {
    const x = values.length < 2 ? 0 : (100 * at) / (values.length - 1);
    return `${x.toFixed(2)} ${(23 - (22 * value) / most).toFixed(2)}`;
  });
  return (
    <svg class="curve" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
      <path d={points.length === 0 ? '' : `M${points.join('L')}`} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
