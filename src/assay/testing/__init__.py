"""For those who write parts or check the system: ``check_part``, the reference endpoint, the coverage study."""
