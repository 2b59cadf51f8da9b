"""Whether an answer is still the stub that the exercise began with."""

import dis
import inspect

# The instructions of a body that is only a docstring and an ellipsis, from Python 3.11 to 3.14.
UNTOUCHED = {
    "RESUME", "RETURN_GENERATOR", "POP_TOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "NOP",
    "CALL_INTRINSIC_1", "RERAISE", "CACHE", "COPY_FREE_VARS",
}  # fmt: skip

# What a class has whose body is only a docstring and an ellipsis, from Python 3.11 to 3.14.
BARE = {
    "__module__", "__doc__", "__dict__", "__weakref__", "__orig_bases__", "__parameters__",
    "__firstlineno__", "__static_attributes__",
}  # fmt: skip


def is_untouched(answer: object) -> bool:
    """Tell whether an answer is still the stub: nothing, an ellipsis, or a body of one.

    So is a list or a table of which nothing has been filled in.
    """
    if answer is None or answer is ...:
        return True
    if isinstance(answer, list | tuple | dict):
        return all(map(is_untouched, answer.values() if isinstance(answer, dict) else answer))
    if inspect.isclass(answer):
        # What it has from another class of the answer's own was written as well.
        own = any(base.__module__ == answer.__module__ for base in answer.__mro__[1:])
        return vars(answer).keys() <= BARE and not own
    # What `contextmanager` and its like make of a stub is one.
    answer = inspect.unwrap(answer) if inspect.isfunction(answer) else answer
    # A stub is a dozen bytes; a glance at the length spares most answers the close look.
    if not inspect.isfunction(answer) or len(answer.__code__.co_code) > 64:
        return False
    steps = list(dis.get_instructions(answer))
    loaded = {s.argval for s in steps if s.opname in ("LOAD_CONST", "RETURN_CONST")}
    return {step.opname for step in steps} <= UNTOUCHED and loaded <= {None, ...}
