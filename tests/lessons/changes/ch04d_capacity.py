"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

ONE_GUEST = """
alone = await asgi_call(two_dependencies, "GET", "/programme")
f"alone: {alone.status}"
"""
AN_ERROR_THAT_WRITES = """
from fastapi.responses import JSONResponse

noting = FastAPI()
noting.middleware("http")(keep_a_session)


@noting.post("/orders")
async def note_what_was_asked_for(request: Request):
    request.state.session.add(Order(show_id=1, guest_id=4, total_cents=0))
    return JSONResponse("sold out", status_code=409)


await buy_and_count(noting)
"""

RING_OF_SIX = """
guests = 6
recordings = [await record(app) for app in (two_dependencies, one_dependency)]
"six: " + ", ".join("ring" if each.seconds > 1.2 else "served" for each in recordings)
"""

CHANGES = {
    "ch04d-10": Change(
        edits={"ch04d-07": {"range(5)": "range(4)"}},
        again=("ch04d-09",),
        adds=(ONE_GUEST,),
        put_back=True,
        expects={
            "All four are answered": "{'answered': 4, 'waiting': 0,",
            "A test with one guest": "alone: 200",
            "or with four, is green": "'errors': set()}",
        },
    ),
    "ch04d-46": Change(
        edits={
            "ch04d-42": {
                "        await session.commit()": (
                    "        if response.status_code < 400:\n"
                    "            await session.commit()"
                ),
            },
        },
        again=("ch04d-43", "ch04d-45"),
        adds=(AN_ERROR_THAT_WRITES,),
        expects={
            "402, and no new order": "{'told': 402, 'new orders': 0}",
            "each answer with an error takes everything back": "{'told': 409, 'new orders': 0}",
        },
    ),
    "ch04d-15": Change(
        edits={"ch04d-14": {"guests = 5": "guests = 4"}},
        adds=(RING_OF_SIX,),
        expects={
            "With four the upper one has no long wait": "two dependencies: 4 tasks",
            "With six it is the ring again": "six: ring, served",
        },
    ),
}  # fmt: skip
