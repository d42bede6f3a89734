"""What the outside sees of a worker: metrics and health."""
