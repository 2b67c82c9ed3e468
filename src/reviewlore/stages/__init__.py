"""Pure steps of the loop, unknown to each other: records in, records out."""
