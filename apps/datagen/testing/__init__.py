"""Small files in the layouts that readers read, written byte for byte for tests and benchmarks."""
