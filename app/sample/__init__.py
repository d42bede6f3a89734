"""The sample company: deterministic data, the catalog that describes it, and questions with known answers."""
