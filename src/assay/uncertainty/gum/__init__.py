"""The law of propagation and Monte Carlo: any measurement model (GUM and its supplements)."""
