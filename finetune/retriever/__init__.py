"""LoRA training of the embedding model."""
