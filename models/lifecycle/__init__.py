"""The life of a model, pure: what it learns from, whether it is good enough, how it is compared, when it takes over."""
