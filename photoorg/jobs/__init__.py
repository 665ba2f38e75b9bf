"""Worker processes, their supervisor, and the pipelines that run on them."""
