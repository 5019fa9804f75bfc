"""Tiny random models, saved as real checkpoints are."""
