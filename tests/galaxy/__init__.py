"""The Galaxy tools: their forms held against the command line, and run in a real Galaxy."""
