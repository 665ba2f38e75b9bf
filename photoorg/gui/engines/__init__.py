"""Better engines for search: what can be had, and how far each is."""
