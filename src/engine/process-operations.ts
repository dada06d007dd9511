import type { Operations } from './operation.ts';
import { numberOf, recordOf, textOf } from './request.ts';

export const processOperations: Operations = {
  /** Sets variables of the environment that have changed at the client; null removes one. */
  environment(request) {
    for (const [name, value] of Object.entries(recordOf(request, 'values'))) {
      if (typeof value === 'string') process.env[name] = value;
      else delete process.env[name];
    }
    return undefined;
  },

  async share(request, { share }) {
    return { value: { address: await share(textOf(request, 'token')) } };
  },

  /** Takes memory of the client for payloads. */
  async memory(request, { client }) {
    return { value: await client.lendMemory(textOf(request, 'path'), textOf(request, 'text')) };
  },

  async close(request, { client, handles }) {
    const handle = numberOf(request, 'of');
    client.forget(handle);
    await handles.close(handle);
    return undefined;
  },
};
