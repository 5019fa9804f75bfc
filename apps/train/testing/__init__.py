"""Tiny random models with tokenizers of their own, for tests and benchmarks that have no weights."""
