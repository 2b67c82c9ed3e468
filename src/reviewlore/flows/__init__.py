"""Imperative shell: fetch, decide, act; one file is one job."""
