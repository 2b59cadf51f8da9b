"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

A_HANDLER = """

from fastapi.responses import JSONResponse


@app.exception_handler(Exception)
async def apologise(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({}, status_code=503)
"""
A_THIRD_COUNTER = """
sell_at("/none", None)
await an_order_is_there("/none"), await it_is_stored_when_it_is_said("/none")
"""
A_HANG_UP = """
from lantern import asgi_call

response = await asgi_call(app, "GET", "/export", hang_up_at=1)
response.complete, response.body
"""
A_MOCK = """
async def bad(*args, **kwargs):
    return "nobody"


stage.dependency_overrides[get_plan] = bad
async with client(stage) as http:
    answers = [await http.get(path) for path in ("/plan", "/seats")]
stage.dependency_overrides.clear()
[(answer.status_code, [each["loc"] for each in answer.json()["detail"]]) for answer in answers]
"""

CHANGES = {
    "ch07a-12": Change(
        edits={"ch07a-04": {"app = FastAPI(lifespan=open_house)\n": (
            f"app = FastAPI(lifespan=open_house)\n{A_HANDLER}"
        )}},
        from_the_top=True,
        expects={
            "The first one still raises the LookupError": "LookupError: no such trapdoor",
            "The second one is 503": "503",
        },
    ),
    "ch07a-21": Change(
        adds=(A_THIRD_COUNTER,),
        expects={"Mara's test is green, this one is red": "('green', 'red')"},
    ),
    "ch07a-25": Change(
        adds=(A_HANG_UP,),
        expects={"it is not complete": r"(False, b'1\n')"},
    ),
    "ch07a-38": Change(
        adds=(A_MOCK,),
        expects={
            "it wants `args` and `kwargs` from the query, and answers with 422": (
                "[(422, [['query', 'args'], ['query', 'kwargs']]), "
                "(422, [['query', 'args'], ['query', 'kwargs']])]"
            )
        },
    ),
}  # fmt: skip
