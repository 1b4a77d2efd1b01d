"""The load client: worker processes that send by a schedule and take the stamps of everything that comes back."""
