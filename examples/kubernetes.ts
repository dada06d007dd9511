import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IJob } from 'kubernetes-models/batch/v1';

/*
 * Manifests for Kubernetes, as JSON: `node examples/kubernetes.ts job | kubectl apply -f -`, or `workers`. The image has Node.js
 * and VascuSim; the results lie on a volume that all pods see (ReadWriteMany).
 */

const IMAGE = 'registry.example/vascusim:1';
const results = { name: 'results', mountPath: '/results' };
const volume = { name: 'results', persistentVolumeClaim: { claimName: 'results' } };

/** Indexed job: eight pods, each with its share. Completions are not told to pods, hence WORLD_SIZE. */
export const job: IJob = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'vascusim-convert' },
  spec: {
    completionMode: 'Indexed',
    completions: 8,
    parallelism: 8,
    backoffLimitPerIndex: 3,
    template: {
      spec: {
        restartPolicy: 'Never',
        volumes: [volume],
        containers: [
          {
            name: 'convert',
            image: IMAGE,
            command: ['npx', 'vascusim', 'convert', 'hf://datasets/user/aneurysms', '/results'],
            args: ['--to', 'safetensors', '--shard', 'auto'],
            env: [{ name: 'WORLD_SIZE', value: '8' }],
            volumeMounts: [results],
          },
        ],
      },
    },
  },
};

/** Workers of a fleet: as many as you like, also none; one that is taken away gives its job back. */
export const workers: IDeployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'vascusim-workers' },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'vascusim-worker' } },
    template: {
      metadata: { labels: { app: 'vascusim-worker' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        volumes: [volume],
        containers: [
          {
            name: 'worker',
            image: IMAGE,
            command: ['npx', 'vascusim', 'worker', '--directory', '/results'],
            env: [
              { name: 'VASCUSIM_REDIS', value: 'redis://vascusim@redis:6379' },
              {
                name: 'VASCUSIM_REDIS_PASSWORD',
                valueFrom: { secretKeyRef: { name: 'vascusim-redis', key: 'password' } },
              },
            ],
            volumeMounts: [results],
          },
        ],
      },
    },
  },
};

if (import.meta.main) {
  const [which = 'job'] = process.argv.slice(2);
  console.log(JSON.stringify(which === 'workers' ? workers : job, undefined, 2));
}
