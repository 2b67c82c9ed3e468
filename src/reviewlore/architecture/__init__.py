"""Pure: sources and history in, map and facts out."""
