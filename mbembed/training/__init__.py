"""Pre-training of masked autoencoders (needs torch)."""
