# the sending that was under way goes on
# breaks: stopped
# the rest is the course's own

import asyncio


async def remind(emails: Sequence[str], send: Callable[[str], Awaitable[None]]) -> list[str]:
    """Send to each address, one after the other; return those to which it failed.

    One bad address does not stop the others. Whoever cancels this stops it at once.
    """
    failed = []
    for email in emails:
        try:
            await asyncio.shield(send(email))
        except Exception:
            failed.append(email)
    return failed
