"""Campaigns: a standard carried out on one subject, dimension by dimension, and its rounds."""
