"""Rolling metrics: what the stages did, counted in buckets of event time that can be added up in any order."""
