"""Grade a folder of submissions: `python -m course grade`.

The *grader* reads notebooks and judges; it runs no learner's code. A *fork server* imports what
checks need, shuts itself in, and forks *workers*; a worker forks a *child* for each exercise of
each submission. The child runs the learner's cells and the check's observe, and is thrown away.
What passes between them is JSON (`messages`), and the check's own code on its way to a child
(`check_code`).
"""
