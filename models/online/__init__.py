"""Models that learn one example at a time, and the measures that go with them."""
