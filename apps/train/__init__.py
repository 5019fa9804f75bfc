"""LoRA fine-tuning of vision-language models on spatial question-answer data."""
