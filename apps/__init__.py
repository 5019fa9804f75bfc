"""Applications on the library; they meet only in the modules of this folder."""
