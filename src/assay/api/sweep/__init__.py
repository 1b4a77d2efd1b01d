"""A server measured at several loads."""
