"""What runs the course: checks, progress, the learner's workspace, the command line.

Light on purpose: `python -m course` starts here on a Python that has nothing installed yet.
"""


def __getattr__(name):
    if name in ("check", "hint"):
        from course.checking import cell

        return getattr(cell, name)
    raise AttributeError("module 'course' has no attribute " + repr(name))
