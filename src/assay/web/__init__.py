"""Pages over the store: the page for people who rate."""
