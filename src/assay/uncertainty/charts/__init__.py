"""A check standard measured again and again."""
