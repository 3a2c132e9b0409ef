"""REVIEW: the pages in which people check what was found, and what they decided."""
