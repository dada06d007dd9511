import { onTestFinished } from 'vitest';
import { Hub } from './hub.ts';

/** A Hub that ends with the test. */
export async function startHub(): Promise<Hub> {
  const hub = new Hub();
  onTestFinished(() => hub.close());
  await hub.start();
  return hub;
}
