"""What this machine has and what is missing: facts gathered, then judged. For ``vllm-qualify doctor``."""
