import { type DataLoaderOptions, World } from '../loader.ts';
import { datasetOf } from './dataset-operations.ts';
import { EngineLoader } from './engine-loader.ts';
import type { Message } from './frame.ts';
import type { Context, Operations } from './operation.ts';
import { numberOf, numbersOf, recordOf } from './request.ts';
import { reviveOptions } from './revive-options.ts';

function loaderOf(request: Message, { handles }: Context): EngineLoader {
  return handles.get(numberOf(request, 'of'), EngineLoader);
}

/** Finds the loader, once no iteration that was left is under way in it. */
async function settledLoaderOf(request: Message, context: Context): Promise<EngineLoader> {
  const loader = loaderOf(request, context);
  await loader.settled();
  return loader;
}

export const loaderOperations: Operations = {
  loader(request, context) {
    const { world, ...rest } = reviveOptions(recordOf(request, 'options'), context);
    const environment = request['environment'] as Readonly<Record<string, string>> | null | undefined;
    const inWorld = environment ? World.fromEnv(environment) : world;
    const options = (inWorld === undefined ? rest : { ...rest, world: inWorld }) as DataLoaderOptions;
    const loader = new EngineLoader(datasetOf(request, context), options, {
      asSamples: request['samples'] === true,
      givesOrder: request['givesOrder'] === true,
      reports: (request['reports'] ?? []) as readonly string[],
    });
    return { value: { handle: context.client.keep(loader) } };
  },

  async iterate(request, context) {
    return loaderOf(request, context).iterate(context.call);
  },

  order(request, context) {
    loaderOf(request, context).setOrder(numberOf(request, 'epoch'), numbersOf(request, 'order'));
    return undefined;
  },

  async leave(request, context) {
    await loaderOf(request, context).leave();
    return undefined;
  },

  async length(request, context) {
    return { value: (await settledLoaderOf(request, context)).loader.length };
  },

  async epoch(request, context) {
    return { value: (await settledLoaderOf(request, context)).loader.epoch };
  },

  async setEpoch(request, context) {
    (await settledLoaderOf(request, context)).setEpoch(request['epoch'] as number);
    return undefined;
  },

  async stateDict(request, context) {
    return { value: (await settledLoaderOf(request, context)).loader.stateDict() };
  },

  async loadStateDict(request, context) {
    (await settledLoaderOf(request, context)).loader.loadStateDict(request['state']);
    return undefined;
  },

  loaderStats(request, context) {
    return { value: loaderOf(request, context).loader.stats() };
  },

  progress(request, context) {
    return { value: loaderOf(request, context).loader.progress() };
  },

  world(request) {
    const size = request['size'] as number | null | undefined;
    const environment = recordOf(request, 'environment') as Readonly<Record<string, string>>;
    const world = World.fromEnv(environment, { size: size ?? undefined });
    return { value: world };
  },
};
