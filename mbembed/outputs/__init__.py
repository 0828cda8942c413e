"""Writers: embeddings in every format, the summary and the match table."""
