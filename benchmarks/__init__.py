"""Measure the engine beside its peers, and try to break it. See README.md."""
