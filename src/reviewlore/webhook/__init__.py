"""The App's front: `app` answers requests, `reading` says what is kept of one, `batches` writes many at once."""
