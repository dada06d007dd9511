import type { Command } from 'commander';

/** A command, which is loaded only when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  /** Arguments of the command, as the overview shows them. */
  readonly takes: string;
  readonly about: string;
  load(): Promise<(signal: AbortSignal) => Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    takes: '',
    about: 'make a small synthetic data set and stream it',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'ls',
    takes: '[source]',
    about: 'list the samples of a source with their metadata',
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  {
    name: 'info',
    takes: '<file...>',
    about: 'say what mesh files hold: encoding, cells, arrays with their ranges',
    load: async () => (await import('./commands/info.ts')).infoCommand,
  },
  {
    name: 'render',
    takes: '<file> [name]',
    about: 'draw the outer surface of a mesh, coloured by one of its arrays',
    load: async () => (await import('./commands/render.ts')).renderCommand,
  },
  {
    name: 'convert',
    takes: '<in> [name] <out>',
    about: 'write a mesh, or all of a data set, in another form: encoding, surface, graph',
    load: async () => (await import('./commands/convert.ts')).convertCommand,
  },
  {
    name: 'get',
    takes: '[source]',
    about: 'download samples of a source, into a folder or the cache',
    load: async () => (await import('./commands/get.ts')).getCommand,
  },
  {
    name: 'stream',
    takes: '[source]',
    about: 'stream the meshes of a source in batches',
    load: async () => (await import('./commands/stream.ts')).streamCommand,
  },
  {
    name: 'measure',
    takes: '[source]',
    about: 'measure the arrays of all samples: means, deviations, ranges',
    load: async () => (await import('./commands/measure.ts')).measureCommand,
  },
  {
    name: 'fleet',
    takes: '[source] [directory]',
    about: 'have workers convert all of a data set, by jobs on Redis',
    load: async () => (await import('./commands/fleet.ts')).fleetCommand,
  },
  {
    name: 'worker',
    takes: '',
    about: 'do the jobs of a fleet on this machine',
    load: async () => (await import('./commands/worker.ts')).workerCommand,
  },
  {
    name: 'cache',
    takes: '<command>',
    about: 'look after the cache: ls, stats, verify, prune, clear',
    load: async () => (await import('./commands/cache.ts')).cacheCommand,
  },
  {
    name: 'doctor',
    takes: '[source]',
    about: 'look, step by step, whether a source can be reached and files can be kept',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'engine',
    takes: '',
    about: 'serve a program in another language, such as the Python package',
    load: async () => (await import('./commands/engine.ts')).engineCommand,
  },
  {
    name: 'bench',
    takes: '[source]',
    about: 'measure how fast a source comes in batches, and what holds it up',
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
];
