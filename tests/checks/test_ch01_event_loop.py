"""Every right answer passes, every wrong one is told which mistake it is."""

import pytest

from course.exercise import NOT_ATTEMPTED, RIGHT, STAR, WRONG

RIGHT_ANSWERS = {
    ("ch01-ex1", "a queue and five clerks"): """
import asyncio
async def price_all(seats, fetch, limit):
    prices = [None] * len(seats)
    left = iter(enumerate(seats))
    async def clerk():
        for place, seat in left:
            prices[place] = await fetch(seat)
    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(clerk())
    return prices
""",
    ("ch01-ex1", "gather that cleans up by hand, and a tuple"): """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    tasks = [asyncio.ensure_future(one(seat)) for seat in seats]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
""",
    ("ch01-ex1", "a counter that is polled by the clock"): """
import asyncio
async def price_all(seats, fetch, limit):
    flying = 0
    async def one(seat):
        nonlocal flying
        while flying >= limit:
            await asyncio.sleep(0.001)
        flying += 1
        try:
            return await fetch(seat)
        finally:
            flying -= 1
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
""",
    ("ch01-ex2", "an executor of its own"): """
import asyncio
from concurrent.futures import ThreadPoolExecutor
async def report_async(path, build_report):
    with ThreadPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, build_report, path)
""",
    ("ch01-ex2", "the thread pool that FastAPI uses"): """
from fastapi.concurrency import run_in_threadpool
async def report_async(path, build_report):
    return await run_in_threadpool(build_report, path)
""",
    ("ch01-ex2", "a thread and a future by hand"): """
import asyncio, threading
def report_async(path, build_report):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    def work():
        try:
            result = build_report(path)
        except BaseException as error:
            loop.call_soon_threadsafe(future.set_exception, error)
        else:
            loop.call_soon_threadsafe(future.set_result, result)
    threading.Thread(target=work).start()
    return future
""",
    ("ch01-ex3", "as_completed under a timeout"): """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        async with asyncio.timeout(deadline):
            for first in asyncio.as_completed(tasks):
                return await first
    except TimeoutError:
        return None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
""",
    ("ch01-ex3", "a task group of AnyIO, which cancels again and again"): """
import anyio
async def first_offer(suppliers, deadline):
    offers = []
    async with anyio.create_task_group() as group:
        async def ask(supplier):
            offers.append(await supplier())
            group.cancel_scope.cancel()
        group.cancel_scope.deadline = anyio.current_time() + deadline
        for supplier in suppliers:
            group.start_soon(ask, supplier)
    return offers[0] if offers else None
""",
    ("ch01-ex4", "a tuple"): """
order = ("doors open", "balcony opens", "foyer opens", "archive read",
         "foyer is seated", "balcony is seated", "curtain up")
""",
}

FAILURE_TOLERANT = """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    pending = set(tasks)
    end = asyncio.get_running_loop().time() + deadline
    try:
        while pending:
            left = end - asyncio.get_running_loop().time()
            done, pending = await asyncio.wait(
                pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                return None
            for task in done:
                if not task.exception():
                    return task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
"""

# (exercise, the mistake) -> (the answer, what its message must say)
WRONG_ANSWERS = {
    ("ch01-ex1", "one after the other"): (
        """
async def price_all(seats, fetch, limit):
    return [await fetch(seat) for seat in seats]
""",
        "correct, but serial. 20 seats took 20 waits",
    ),
    ("ch01-ex1", "gather without a limit"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    return await asyncio.gather(*(fetch(seat) for seat in seats))
""",
        "20 calls were in flight at once; the supplier allows 5",
    ),
    ("ch01-ex1", "in the order of arrival"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    return [await first for first in asyncio.as_completed([one(seat) for seat in seats])]
""",
        "seat A1 got",
    ),
    ("ch01-ex1", "gather leaves tasks behind"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    return await asyncio.gather(*(one(seat) for seat in seats))
""",
        "still in flight after price_all had ended with an error, and nobody stopped them",
    ),
    ("ch01-ex1", "errors among the prices"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    return await asyncio.gather(*(one(seat) for seat in seats), return_exceptions=True)
""",
        "its error stands among the prices",
    ),
    ("ch01-ex1", "batches of less than the limit"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    prices = []
    for start in range(0, len(seats), 2):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(seat)) for seat in seats[start:start + 2]]
        prices += [task.result() for task in tasks]
    return prices
""",
        "At most 2 calls were in flight, and the supplier allows 5",
    ),
    ("ch01-ex1", "the gate is locked after the first"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        await gate.acquire()
        return await fetch(seat)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
""",
        "waits for something that never comes",
    ),
    ("ch01-ex1", "batches"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    prices = []
    for start in range(0, len(seats), limit):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(seat)) for seat in seats[start:start + limit]]
        prices += [task.result() for task in tasks]
    return prices
""",
        "A batch waits for its slowest call",
    ),
    ("ch01-ex1", "a limit of its own"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(5)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(seat)) for seat in seats]
    return [task.result() for task in tasks]
""",
        "With limit=3, 5 calls were in flight",
    ),
    ("ch01-ex1", "cancelled and not awaited"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    tasks = [asyncio.create_task(one(seat)) for seat in seats]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
""",
        "cancel() only asks; await what you cancelled",
    ),
    ("ch01-ex1", "cancelled tasks are awaited as they are"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    tasks = [asyncio.create_task(one(seat)) for seat in seats]
    try:
        return await asyncio.gather(*tasks)
    except ConnectionError:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*(task for task in tasks if not task.done()))
        raise
""",
        "price_all raised CancelledError. Awaiting a task that you cancelled raises it: collect",
    ),
    ("ch01-ex1", "errors swallowed one by one"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            try:
                return await fetch(seat)
            except ConnectionError:
                return None
    return await asyncio.gather(*(one(seat) for seat in seats))
""",
        "A list with a hole in it is a wrong bill",
    ),
    ("ch01-ex1", "tasks in place of results"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    gate = asyncio.Semaphore(limit)
    async def one(seat):
        async with gate:
            return await fetch(seat)
    async with asyncio.TaskGroup() as group:
        return [group.create_task(one(seat)) for seat in seats]
""",
        "Where a price should be stands <a task in place of its result>",
    ),
    ("ch01-ex1", "nobody awaited"): (
        "async def price_all(seats, fetch, limit): return [fetch(seat) for seat in seats]",
        "<a coroutine that nobody awaited>",
    ),
    ("ch01-ex1", "a loop of its own"): (
        """
import asyncio
async def price_all(seats, fetch, limit):
    return asyncio.run(fetch(seats[0]))
""",
        "A loop runs already, here as in an endpoint: await instead",
    ),
    ("ch01-ex2", "text is awaited"): (
        "async def report_async(path, build_report): return await build_report(path)",
        "and text can't be awaited",
    ),
    ("ch01-ex2", "another process"): (
        """
import asyncio
from concurrent.futures import ProcessPoolExecutor
async def report_async(path, build_report):
    with ProcessPoolExecutor(1) as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, build_report, path)
""",
        "A thread takes it as it is",
    ),
    ("ch01-ex3", "one after the other"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    for supplier in suppliers:
        try:
            return await asyncio.wait_for(supplier(), deadline)
        except TimeoutError:
            pass
""",
        "Only 1 of 3 suppliers had been called",
    ),
    ("ch01-ex3", "the deadline is ignored"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
""",
        "The deadline was 0.05 s, and first_offer waited on",
    ),
    ("ch01-ex4", "half done"): ('order = ["doors open", ...]', "is still `...`"),
    ("ch01-ex2", "async def around the call"): (
        """
async def report_async(path, build_report):
    return build_report(path)
""",
        "async def alone does not make blocking code wait politely",
    ),
    ("ch01-ex2", "create_task of a plain call"): (
        """
import asyncio
async def report_async(path, build_report):
    return await asyncio.create_task(build_report(path))
""",
        "create_task wants a coroutine",
    ),
    ("ch01-ex2", "a thread that is joined"): (
        """
import threading
async def report_async(path, build_report):
    reports = []
    thread = threading.Thread(target=lambda: reports.append(build_report(path)))
    thread.start()
    thread.join()
    return reports[0]
""",
        "build_report ran in another thread, and the loop's thread waited for it",
    ),
    ("ch01-ex2", "the result of a pool"): (
        """
from concurrent.futures import ThreadPoolExecutor
async def report_async(path, build_report):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(build_report, path).result()
""",
        "Leave the loop's thread, and await",
    ),
    ("ch01-ex2", "called before it is handed over"): (
        """
import asyncio
async def report_async(path, build_report):
    return await asyncio.get_running_loop().run_in_executor(None, build_report(path))
""",
        "You called build_report before handing it over",
    ),
    ("ch01-ex2", "never awaited"): (
        """
import asyncio
async def report_async(path, build_report):
    return asyncio.to_thread(build_report, path)
""",
        "Was something started and never awaited?",
    ),
    ("ch01-ex2", "the error is swallowed"): (
        """
import asyncio
async def report_async(path, build_report):
    try:
        return await asyncio.to_thread(build_report, path)
    except Exception:
        return None
""",
        "The caller must hear of it",
    ),
    ("ch01-ex2", "plain def"): (
        """
def report_async(path, build_report):
    return build_report(path)
""",
        "The loop was frozen",
    ),
    ("ch01-ex3", "the others are left running"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    return done.pop().result() if done else None
""",
        "2 suppliers were still working after first_offer returned, and nobody had told them",
    ),
    ("ch01-ex3", "cancelled and not awaited"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
""",
        "cancel() only asks",
    ),
    ("ch01-ex3", "the cancellation is swallowed"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    winner = None
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        winner = done.pop().result() if done else None
    except BaseException:
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return winner
""",
        "it swallowed its own cancellation",
    ),
    ("ch01-ex3", "waits for all"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    try:
        async with asyncio.timeout(deadline), asyncio.TaskGroup() as group:
            tasks = [group.create_task(supplier()) for supplier in suppliers]
    except TimeoutError:
        return None
    return tasks[0].result()
""",
        "went on waiting for the others",
    ),
    ("ch01-ex3", "the deadline raises"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        async with asyncio.timeout(deadline):
            for first in asyncio.as_completed(tasks):
                return await first
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
""",
        "so None is due. first_offer raised TimeoutError",
    ),
    ("ch01-ex3", "a cancelled task is awaited"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    done, pending = await asyncio.wait(
        tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
        await task
    return done.pop().result() if done else None
""",
        "first_offer raised CancelledError. Awaiting a task that you cancelled raises it: collect",
    ),
    ("ch01-ex3", "cancelled tasks are gathered as they are"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    done, pending = await asyncio.wait(
        tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending)
    return done.pop().result() if done else None
""",
        "first_offer raised CancelledError. Awaiting a task that you cancelled raises it: collect",
    ),
    ("ch01-ex3", "a cancelled task is awaited in finally"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else None
    finally:
        for task in tasks:
            task.cancel()
            await task
""",
        "2 suppliers worked on for nobody. A finally block runs in this case too: cancel and",
    ),
    ("ch01-ex3", "one of the others is left out"): (
        """
import asyncio
async def first_offer(suppliers, deadline):
    tasks = [asyncio.create_task(supplier()) for supplier in suppliers]
    try:
        done, _ = await asyncio.wait(tasks, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result() if done else None
    finally:
        for task in tasks[:2]:
            task.cancel()
        await asyncio.gather(*tasks[:2], return_exceptions=True)
""",
        "1 supplier was still working after first_offer returned, and nobody had told them to stop",
    ),
    ("ch01-ex4", "started where it is made"): (
        """
order = ["balcony opens", "foyer opens", "doors open", "archive read",
         "foyer is seated", "balcony is seated", "curtain up"]
""",
        "create_task only schedules",
    ),
    ("ch01-ex4", "the await before the archive is overlooked"): (
        """
order = ["doors open", "archive read", "foyer opens", "foyer is seated",
         "balcony opens", "balcony is seated", "curtain up"]
""",
        "`await asyncio.sleep(0)` lets every task that is ready take a step",
    ),
    ("ch01-ex4", "by the alphabet"): (
        """
order = sorted(["balcony opens", "foyer opens", "doors open", "archive read",
                "foyer is seated", "balcony is seated", "curtain up"])
""",
        "`curtain up` comes after both ushers were awaited",
    ),
    ("ch01-ex4", "the blocking call is overlooked"): (
        """
order = ["doors open", "balcony opens", "foyer opens", "foyer is seated",
         "balcony is seated", "archive read", "curtain up"]
""",
        "time.sleep held the loop",
    ),
    ("ch01-ex4", "first made, first seated"): (
        """
order = ["doors open", "balcony opens", "foyer opens", "archive read",
         "balcony is seated", "foyer is seated", "curtain up"]
""",
        "it wakes them in the order of their times",
    ),
    ("ch01-ex4", "a line is missing"): (
        'order = ["doors open", "balcony opens"]',
        "The program also logs 'foyer opens'",
    ),
    ("ch01-ex4", "a stranger"): ('order = ["lights out"]', "never logs 'lights out'"),
}


@pytest.mark.parametrize("case", RIGHT_ANSWERS, ids=" ".join)
def test_a_right_answer_of_another_shape_passes(judged, case):
    verdict = judged(case[0], RIGHT_ANSWERS[case])
    assert verdict.state == RIGHT, verdict
    assert verdict.points == verdict.of


def test_a_race_that_survives_a_failing_supplier_earns_its_star(judged):
    assert judged("ch01-ex3", FAILURE_TOLERANT).state == STAR


@pytest.mark.parametrize("case", WRONG_ANSWERS, ids=" ".join)
def test_a_wrong_answer_is_told_its_mistake(judged, case):
    source, message = WRONG_ANSWERS[case]
    verdict = judged(case[0], source)
    assert verdict.state == WRONG
    assert verdict.points < verdict.of
    assert message in " ".join(verdict.messages), verdict


NOTHING_TO_SHOW = {
    "the call is never awaited": WRONG_ANSWERS["ch01-ex2", "never awaited"][0],
    "another process": WRONG_ANSWERS["ch01-ex2", "another process"][0],
    "called before it is handed over": """
import asyncio
async def report_async(path, build_report):
    return await asyncio.to_thread(build_report(path))
""",
}


@pytest.mark.parametrize("mistake", NOTHING_TO_SHOW)
def test_a_report_that_does_not_come_earns_nothing_for_what_did_not_happen(judged, mistake):
    verdict = judged("ch01-ex2", NOTHING_TO_SHOW[mistake])
    assert verdict.points == 0, verdict
    assert "pickle" not in " ".join(verdict.messages)


@pytest.mark.parametrize("name", ["ch01-ex1", "ch01-ex2", "ch01-ex3", "ch01-ex4"])
def test_the_reference_passes_and_the_stub_is_not_attempted(judged, cell, name):
    assert judged(name, cell("solutions", name)).state == RIGHT
    assert judged(name, cell("exercises", name)).state == NOT_ATTEMPTED
