import { createContext } from 'preact';
import { useContext, useEffect, useReducer } from 'preact/hooks';
import type { Viewer } from '../viewer.ts';

/** Context in which components find the viewer. */
export const ViewerContext = createContext<Viewer | undefined>(undefined);

/** Gives the viewer, and renders the component again after each of its changes. */
export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === undefined) throw new Error('A component stands outside the viewer.');
  const [, render] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => viewer.subscribe(render), [viewer]);
  return viewer;
}
