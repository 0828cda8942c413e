"""R objects without R: its serialisation parsed, nothing evaluated."""
