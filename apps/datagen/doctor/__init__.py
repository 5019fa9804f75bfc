"""Looks at data before a run: what layout it has, what a run would make of it, and what seems wrong."""
