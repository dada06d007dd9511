import { Deployment } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { expect, test } from 'vitest';
import { job, workers } from '../../examples/kubernetes.ts';

test('the manifests for Kubernetes are what its API takes', () => {
  expect(() => new Job(job).validate()).not.toThrow();
  expect(() => new Deployment(workers).validate()).not.toThrow();
});

test('the pods of the job know how many shares there are', () => {
  const { completions, template } = job.spec ?? {};
  expect(template?.spec?.containers[0]?.env).toContainEqual({
    name: 'WORLD_SIZE',
    value: String(completions),
  });
});
