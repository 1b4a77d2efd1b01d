"""One function for each publication in ``published.json``, named after it."""
