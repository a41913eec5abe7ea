"""Real servers for tests: private, in a temporary directory, on free ports, stopped by pid."""
