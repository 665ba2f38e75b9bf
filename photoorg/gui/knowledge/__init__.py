"""What is known of tags: related ones, other names, and what could be tidied up."""
