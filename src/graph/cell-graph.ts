/** Code of graphs of cells, which is loaded where the first one is made. */
export { centreSteps } from './cell-centres.ts';
export { cellEdgeSteps } from './cell-edges.ts';
