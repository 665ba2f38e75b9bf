"""The thumbnail grid: where tiles lie, what they show, and how a person moves among them."""
