"""Faults planted in Fashion-MNIST, and who finds them: the work of scripts/planted-faults."""
