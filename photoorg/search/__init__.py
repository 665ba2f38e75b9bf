"""From the text in the search box to ranked photos, and from photos to suggested tags."""
