"""Finding, recognising and reading photo files; every input is hostile."""
