"""From ratings to a better release; the only place that trains."""
