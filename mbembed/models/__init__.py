"""The model folder: find, list, load, verify, pull, import; the encoder."""
