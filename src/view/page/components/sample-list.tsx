import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ViewedSample } from '../../view-protocol.ts';
import { Field } from './field.tsx';
import { bytesText } from './number-texts.ts';
import { Thumbnail } from './thumbnail.tsx';
import { useViewer } from './use-viewer.ts';

/** Pixels that a row has, and rows that are there beyond those in sight. */
const ROW_PIXELS = 52;
const MORE_ROWS = 24;
/** Milliseconds after the last key at which a filter is applied. */
const TYPED_MS = 300;

/** Samples with their filter. Only rows near those in sight are there. */
export function SampleList(): JSX.Element {
  const viewer = useViewer();
  const { listing, sample } = viewer;
  const { rows, total, matching, fault, filter } = listing.listed;
  const list = useRef<HTMLDivElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [view, setView] = useState({ top: 0, height: 600 });
  const first = Math.max(0, Math.floor(view.top / ROW_PIXELS) - MORE_ROWS);
  const end = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW_PIXELS) + MORE_ROWS);
  const chosen = sample === undefined ? undefined : listing.placeOf(sample);
  const places = Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
  // The chosen one is always there: the list says that it is active.
  if (chosen !== undefined && (chosen < first || chosen >= end)) places.push(chosen);

  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const look = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => void listing.need(first, end), [first, end, rows]);
  useEffect(() => {
    const element = list.current;
    if (element === null || chosen === undefined) return;
    const top = chosen * ROW_PIXELS;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_PIXELS > element.scrollTop + element.clientHeight)
      element.scrollTop = top + ROW_PIXELS - element.clientHeight;
  }, [chosen, view.height]);

  const apply = (text: string, wait: number): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void listing.filter(text.trim()), wait);
  };
  const go = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(view.height / ROW_PIXELS) - 1);
    const here = chosen ?? -1;
    const to = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const id = rows[Math.min(rows.length - 1, Math.max(0, to))]?.id;
    if (id !== undefined) viewer.choose(id);
  };
  return (
    <>
      <h2 id="samples-title" class="unseen">
        Samples
      </h2>
      <Field label="Filter">
        <input
          type="search"
          placeholder="patient_age > 50 && is_healthy"
          autocomplete="off"
          spellcheck={false}
          aria-invalid={fault === undefined ? undefined : true}
          aria-describedby={fault === undefined ? undefined : 'filter-fault'}
          onInput={({ currentTarget }) => apply(currentTarget.value, TYPED_MS)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') apply(event.currentTarget.value, 0);
          }}
        />
      </Field>
      {fault === undefined ? null : (
        <p class="fault" id="filter-fault" role="alert">
          {fault}
        </p>
      )}
      <p class="count" role="status">
        {matching.toLocaleString('en', { useGrouping: false })} of{' '}
        {total.toLocaleString('en', { useGrouping: false })} samples
      </p>
      <div
        ref={list}
        class="list"
        role="listbox"
        aria-label="Samples"
        tabIndex={0}
        aria-activedescendant={chosen === undefined ? undefined : `sample-${chosen}`}
        onScroll={({ currentTarget }) =>
          setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight })
        }
        onKeyDown={go}
      >
        <div role="presentation" class="rows" style={{ height: `${rows.length * ROW_PIXELS}px` }}>
          {places.map((at) => (
            <SampleRow
              key={`${filter}:${at}`}
              place={at}
              count={rows.length}
              row={rows[at]}
              isChosen={at === chosen}
              onChoose={(id) => viewer.choose(id)}
            />
          ))}
        </div>
      </div>
    </>
  );
}

function SampleRow({
  place,
  count,
  row,
  isChosen,
  onChoose,
}: {
  readonly place: number;
  readonly count: number;
  readonly row: ViewedSample | undefined;
  readonly isChosen: boolean;
  readonly onChoose: (id: string) => void;
}): JSX.Element {
  return (
    <div
      id={`sample-${place}`}
      class="row"
      role="option"
      aria-selected={isChosen}
      aria-setsize={count}
      aria-posinset={place + 1}
      style={{ top: `${place * ROW_PIXELS}px`, height: `${ROW_PIXELS}px` }}
      onClick={() => row !== undefined && onChoose(row.id)}
    >
      {row === undefined ? (
        <span class="hint">…</span>
      ) : (
        <>
          <span class="row-texts">
            <span class="row-id" title={row.id}>
              {row.id}
            </span>{' '}
            <span class="row-details">{[...row.details, bytesText(row.bytes)].join(' · ')}</span>
          </span>
          <Thumbnail sample={row.id} isChosen={isChosen} />
        </>
      )}
    </div>
  );
}
