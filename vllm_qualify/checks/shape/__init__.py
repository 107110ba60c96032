"""The form of answers: what is asked to see it, what of it is kept, what the protocol requires, and what changed."""
