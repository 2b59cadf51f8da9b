"""A package a chapter, named by its stem, with a file an exercise; beside them what they share."""
