"""What results of loads say of servers: which is faster, where the knee is, what limits, which grade."""
