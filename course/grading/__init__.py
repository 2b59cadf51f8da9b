"""Grade a folder of submissions: `python -m course grade`.

Three kinds of process. The *grader* reads notebooks and judges; it runs no learner's code. A
*worker*, one a core, is confined before it begins and forks a *child* for each exercise of each
submission. The child runs the learner's cells and the check's observe, and is thrown away.
What passes between them is JSON.
"""
