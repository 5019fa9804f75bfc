"""Speed and memory of every operation beside the obvious NumPy loops: ``python -m benchmarks.run``."""
