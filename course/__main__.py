"""python -m course COMMAND: the door to the course, on a machine with nothing but Python.

This file is read by whatever Python the learner has: it must parse on old ones too.
"""

import sys


def refuse_old_python(version=tuple(sys.version_info)):
    """Exit with one sentence if this Python cannot run the course."""
    if tuple(version[:2]) < (3, 11):
        sentence = (
            "The course needs Python 3.11 or newer, and this is Python {}.{} ({}). "
            "Install a newer Python, or name one that you have, as in "
            "`make start PYTHON=python3.13` or `python3.13 -m course start`."
        )
        # Not an f-string: even Python 2 shall reach this line.
        sys.exit(sentence.format(version[0], version[1], sys.executable))


def main():
    """Run the command inside the course's environment; every failure is one sentence."""
    from course.failure import CannotContinue, sentence_for
    from course.setup.environment import enter

    try:
        enter(sys.argv[1:])
        on_a_cluster = any(argument.startswith("--scheduler") for argument in sys.argv)
        if sys.argv[1:2] == ["grade"] and not on_a_cluster:
            from course.grading.fork_server import start_ahead

            start_ahead()  # it gets ready while the rest is imported
        from course.cli import app

        app(prog_name="python -m course")
    except CannotContinue as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        sys.exit(130)
    except OSError as error:
        sentence = sentence_for(error)
        if not sentence:
            raise
        sys.exit(sentence)


if __name__ == "__main__":
    # First of all: the modules behind main() use syntax that an older Python cannot read.
    refuse_old_python()
    main()
