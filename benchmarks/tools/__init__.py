"""One file for each tool that is measured: what it installs, what it is given, how its result is found."""
