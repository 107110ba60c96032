"""The LiteLLM proxy in front of the engines: its configuration, its rules, and what a request through it showed."""
