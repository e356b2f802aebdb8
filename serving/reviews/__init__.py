"""Reviews over HTTP: the routes, the queue that officers work through, and their page."""
