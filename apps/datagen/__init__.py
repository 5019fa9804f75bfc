"""The data engine: posed RGB-D scenes in, question-answer rows out."""
