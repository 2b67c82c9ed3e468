"""The world; each module owns its third party and holds no policy."""
