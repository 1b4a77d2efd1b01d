"""One file a command: parse, call api, show."""
