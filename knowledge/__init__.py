"""From documents and a question to a cited answer; the only package that knows llama-index."""
