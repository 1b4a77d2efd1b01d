"""Latencies of requests that wait for each other: steady state, dependence, quantiles, goodput."""
