"""The client's own error: by the reference server, before, after and during a run."""
