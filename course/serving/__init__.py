"""Serve the book and JupyterLab on the learner's own machine."""
