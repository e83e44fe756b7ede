#!/usr/bin/env bash
# From nothing to a report: trains an ensemble, then predicts with its kernel and evaluates it, then reports. Each is a
# job that starts when those before it have succeeded.
#
#     jobs/pipeline.sh FOLDER [OPTIONS OF SBATCH] [-- OPTIONS OF TRAIN]
#
#     jobs/pipeline.sh fashion --ntasks 16 --mem-per-cpu 2G --time 1:00:00 -- --runs 512 --hidden 128
#
# FOLDER gets ensemble/, results/, evaluation/, report.html and logs/. Options of sbatch hold for all four jobs. Where
# the ensemble is there already, training adds what is missing.
set -euo pipefail
jobs=$(cd "$(dirname "$0")" && pwd)

if [ $# -eq 0 ] || [[ $1 = -* ]]; then
    echo "usage: jobs/pipeline.sh FOLDER [OPTIONS OF SBATCH] [-- OPTIONS OF TRAIN]" >&2
    exit 64
fi
command -v sbatch >/dev/null || { echo "pipeline: there is no sbatch here" >&2; exit 69; }
folder=$1
shift
resources=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    resources+=("$1")
    shift
done
if [ $# -gt 0 ]; then shift; fi

mkdir -p "$folder/logs"

# submit JOBS-BEFORE JOB ARGUMENT...: prints the number of the new job
submit() {
    local after=()
    if [ -n "$1" ]; then after=(--dependency="afterok:$1" --kill-on-invalid-dep=yes); fi
    sbatch --parsable --output="$folder/logs/%x-%j.out" ${after[@]+"${after[@]}"} ${resources[@]+"${resources[@]}"} \
        "$jobs/$2.sbatch" "${@:3}" | cut -d ';' -f 1
}

train=$(submit "" train --out "$folder/ensemble" "$@")
predict=$(submit "$train" predict "$folder/ensemble" --out "$folder/results")
evaluate=$(submit "$train" evaluate "$folder/ensemble" --out "$folder/evaluation")
report=$(submit "$predict:$evaluate" report "$folder/ensemble" --out "$folder/report.html")

echo "train $train, predict $predict, evaluate $evaluate, report $report; squeue --me shows them"
echo "the end is $folder/report.html; logs are in $folder/logs"
