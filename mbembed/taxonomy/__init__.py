"""Species names: their normal form, and what they stand for."""
