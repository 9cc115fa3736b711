"""Pictures of what learning brings: plain data in, PNG out."""
