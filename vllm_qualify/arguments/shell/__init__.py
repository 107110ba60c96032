"""What a container executes: its variables, and the script of its shell, read without running anything. Pure."""
