"""Assay: metrology for AI systems. ``assay.measure("file.toml")`` is the whole line in one call."""
