"""Which images are tried, and why the others are not."""
