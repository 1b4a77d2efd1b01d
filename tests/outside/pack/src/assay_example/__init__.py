"""An outside pack: an ordinary package with the same shelves."""
