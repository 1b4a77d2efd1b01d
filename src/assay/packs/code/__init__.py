"""Programs written by a model, and what they do when they run."""
