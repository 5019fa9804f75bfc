"""From files to batches: sources, the data plan, micro-batches."""
