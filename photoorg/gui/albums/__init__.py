"""Smart albums in the window: saving a search, and what is done with it in the sidebar."""
