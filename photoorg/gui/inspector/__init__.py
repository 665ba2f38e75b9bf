"""The panel on the right: one photo, or many, with tags, suggestions and facts."""
