"""The window: views and dialogs that know nothing of SQL, files or networks."""
