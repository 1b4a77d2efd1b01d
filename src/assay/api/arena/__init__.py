"""Systems compared pair by pair or in lists, by a judge or by people."""
