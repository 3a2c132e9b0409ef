"""REVIEW: what people decide about values, and how far they agree."""
