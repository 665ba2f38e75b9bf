"""The viewer: one photo, as large as the window."""
