"""The reference server: an own process whose answers are made beforehand and whose times are known."""
