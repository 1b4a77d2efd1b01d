"""What is read beside a run: the server's own metrics, and meters of energy."""
