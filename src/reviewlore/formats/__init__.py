"""Pure: records to and from the formats other tools read and write."""
