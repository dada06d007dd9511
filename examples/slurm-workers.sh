#!/bin/bash
# Workers of a fleet as tasks of an array: VASCUSIM_REDIS=redis://user@host VASCUSIM_REDIS_PASSWORD=… sbatch examples/slurm-workers.sh
#SBATCH --job-name=workers
#SBATCH --array=0-7
#SBATCH --time=01:00:00
#SBATCH --signal=B:TERM@60
# Shorter than the time limit; what is under way then comes to its end, and a signal gives the job back.
exec ${VASCUSIM:-npx vascusim} worker --until-empty --for "${FOR:-50m}"
