"""Results of several laboratories."""
