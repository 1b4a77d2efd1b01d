"""Bottlenecks: runs with one thing changed, and the signed statement of the stage that limits."""
