"""How a reply's calls are held against those that were wanted."""
