"""What ``vllm-qualify init`` makes of a folder: what is found there, what is guessed, and the text of a first file."""
