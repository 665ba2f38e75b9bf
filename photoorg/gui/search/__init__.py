"""The search box: its chips, its completion, its help, and what it says of an answer."""
