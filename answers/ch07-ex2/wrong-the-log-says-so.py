# failed for an app that commits in a dependency of function scope
# breaks: fixed, late, never

import logging

from lantern import client, lifespan


async def stored_when_it_is_said(app):
    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logger = logging.getLogger("theatre")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        async with lifespan(app), client(app) as http:
            await http.post("/orders/mine")
    finally:
        logger.removeHandler(handler)
    assert any("stored" in record.getMessage() for record in said)
