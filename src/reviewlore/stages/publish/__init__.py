"""What is posted of a review, and in which words. `render` writes the texts, `plan` compares wanted with posted."""
