"""What a pod comes to: facts, waits, ends, pulls and events, and the state that they make together. Pure."""
