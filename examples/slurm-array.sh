#!/bin/bash
# Converts all samples of SOURCE into DIRECTORY, a share a task: SOURCE=… DIRECTORY=… sbatch examples/slurm-array.sh
#SBATCH --job-name=convert
#SBATCH --array=0-7
#SBATCH --requeue
#SBATCH --signal=B:TERM@60
# By exec: the signal a minute before the end of the time limit then reaches the program, which ends what it writes.
exec ${VASCUSIM:-npx vascusim} convert "$SOURCE" "$DIRECTORY" --to safetensors --shard auto
