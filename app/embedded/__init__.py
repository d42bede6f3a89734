"""The local stack: servers as child processes on loopback, embedded (pip only) or real (Java, Maven)."""
