import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { loadThumbnail } from '../thumbnail-queue.ts';
import { useViewer } from './use-viewer.ts';

/** Small picture of a sample in its row, once the row is in sight; nothing where there is none. */
export function Thumbnail({
  sample,
  isChosen,
}: {
  readonly sample: string;
  readonly isChosen: boolean;
}): JSX.Element | null {
  const { session, scene } = useViewer();
  const frame = useRef<HTMLSpanElement>(null);
  const [isSeen, setSeen] = useState(false);
  const [address, setAddress] = useState<string>();
  const isAble = session?.thumbnails === true;
  // What was drawn in the picture lies on this machine now.
  const isDrawn = isChosen && scene?.parts[0]?.sample === sample;
  useEffect(() => {
    const element = frame.current;
    if (element === null || !isAble) return undefined;
    const observer = new IntersectionObserver((entries) =>
      setSeen(entries.some((entry) => entry.isIntersecting)),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isAble]);
  useEffect(() => {
    if (!isSeen || address !== undefined) return undefined;
    const controller = new AbortController();
    loadThumbnail(sample, controller.signal).then(
      (blob) => blob !== undefined && !controller.signal.aborted && setAddress(URL.createObjectURL(blob)),
      () => undefined,
    );
    return () => controller.abort();
  }, [sample, isSeen, isDrawn]);
  useEffect(() => () => (address === undefined ? undefined : URL.revokeObjectURL(address)), [address]);
  if (!isAble) return null;
  return (
    <span ref={frame} class="thumbnail" aria-hidden="true">
      {address === undefined ? null : <img src={address} alt="" draggable={false} />}
    </span>
  );
}
