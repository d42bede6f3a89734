"""The same job (consume, parse JSON, produce) written as each peer's own documentation writes it."""
