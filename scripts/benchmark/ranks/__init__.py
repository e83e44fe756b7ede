"""How this program scales with ranks, and how well `plan` predicts it: what scripts/scaling runs."""
