"""Training recipes as package data: one TOML file is one run."""
