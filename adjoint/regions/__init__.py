"""The adjoint of regions: loops, branches, checkpoints."""
