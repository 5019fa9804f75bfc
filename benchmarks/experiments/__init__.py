"""Rates of single instructions and accesses that floors of kernels rest on; each checks what it computed."""
