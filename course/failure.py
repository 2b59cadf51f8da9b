"""Failures that are the person's to solve, each told in plain words and without a traceback."""

import errno


class CannotContinue(Exception):
    """What happened, what it means and what to do: the whole text that the person sees."""


NO_SPACE = (
    "There is not enough room on the disk: the course needs about 1 GB. "
    "Free some space and run the same command again."
)


def sentence_for(error: OSError) -> str:
    """Return the sentence for an error of the machine, or an empty string for an error of ours."""
    if error.errno == errno.ENOSPC:
        return NO_SPACE
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"The course may not write {error.filename or 'into its folder'} ({error.strerror}). "
            "Put the course into a folder of yours, or change the permissions of this one, "
            "and run the same command again."
        )
    return ""
