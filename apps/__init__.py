"""Applications on the library: a data engine, training and a benchmark, meeting only in this folder's modules."""
