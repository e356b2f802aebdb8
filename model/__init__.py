"""Text to tags: encode, run the graph, decide, explain. Never torch."""
