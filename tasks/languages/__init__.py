"""What is known of human languages apart from any step: which one a text is in."""
