"""How jobs are carried out: one method, ``map(call, jobs)``."""
