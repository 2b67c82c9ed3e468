"""Pure: features of (hunk, remark), the model as data, scores."""
