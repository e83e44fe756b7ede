"""The messages of a job on a simulated cluster, beside what `plan` says of them: what scripts/simulate runs."""
