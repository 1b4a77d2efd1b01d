"""Append-only, by digest: what was observed, and the laboratory folder around it."""
