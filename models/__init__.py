"""Everything that decides: pure functions and typed records.

Nothing here reads a clock, a socket, a file or a source of randomness; times and seeds are passed in.
"""
