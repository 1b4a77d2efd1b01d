"""Where the rooms meet; every door calls one function of this room."""
