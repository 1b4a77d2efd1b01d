"""Stamps: a load client in worker processes that knows its own error, its clocks, and a server whose truth is known."""
