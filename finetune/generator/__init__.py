"""LoRA training of the language model that answers."""
