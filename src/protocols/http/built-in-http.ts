/*
 * node:http as it is asked for at run time: an import of it also reads its lazy exports, which loads a whole client for
 * WebSockets (30 ms of CPU time at the start of each program).
 */
const http: typeof import('node:http') = process.getBuiltinModule('node:http');

/** Class of node:http that keeps connections. */
export const HttpAgent: typeof http.Agent = http.Agent;

/** Function of node:http that sends a request. */
export const sendRequest: typeof http.request = http.request;
