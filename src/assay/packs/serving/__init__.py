"""Serving: requests offered to a server by a schedule, and what their times say."""
