"""Asks a server: the OpenAI client, the ways a request takes to it, and the records of what came back."""
