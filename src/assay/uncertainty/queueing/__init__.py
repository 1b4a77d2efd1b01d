"""Requests that wait for each other: what can be said of latencies, loads and servers."""
