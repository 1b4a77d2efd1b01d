"""Logs of other tools in, reports in other forms out."""
