"""Records, errors and small tools that every other layer shares. Imports nothing of photoorg."""
