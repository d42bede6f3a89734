"""Kill, stop and scale workers and kill the broker while records flow; then prove that nothing went wrong."""
