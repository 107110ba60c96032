"""What a candidate runs on. Each target starts the same image in its own way; everything above sees one interface."""
