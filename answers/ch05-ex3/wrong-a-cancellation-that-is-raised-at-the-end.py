# more.
# breaks: stopped
# never told: as if nobody
# the rest is the course's own

import asyncio


async def remind(emails: Sequence[str], send: Callable[[str], Awaitable[None]]) -> list[str]:
    """Send to each address, one after the other; return those to which it failed.

    One bad address does not stop the others. Whoever cancels this stops it at once.
    """
    failed, cancelled = [], None
    for email in emails:
        try:
            await send(email)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:
            failed.append(email)
    if cancelled:
        raise cancelled
    return failed
