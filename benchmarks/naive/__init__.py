"""The obvious NumPy and SciPy loops of the paper's method: what each operation is measured against.

One module per subject, arrays in and arrays out, float64 as NumPy has it. They are written as one would
write them who knows NumPy well and has no reason to hurry.
"""
