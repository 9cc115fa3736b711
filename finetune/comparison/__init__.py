"""Base model, RAG, fine-tuning or both: measured on the same questions, and one recommended."""
