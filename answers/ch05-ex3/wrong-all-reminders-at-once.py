# sendings under way at once
# breaks: stopped
# never told: failed for
# the rest is the course's own

import asyncio


async def remind(emails: Sequence[str], send: Callable[[str], Awaitable[None]]) -> list[str]:
    """Send to each address, one after the other; return those to which it failed.

    One bad address does not stop the others. Whoever cancels this stops it at once.
    """
    said = await asyncio.gather(*(send(email) for email in emails), return_exceptions=True)
    failed = [email for email, error in zip(emails, said, strict=True) if error]
    return failed
