"""Parts for any domain."""
