"""The kinds of box offices of ch07-ex4: how each of them sells a seat for a key."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import HTTPException
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from course.checks.ch07_testing.box_offices import Kind, Purchase, sold_out
from lantern.theatre import Order, Show

EITHER = ("endpoint", "function")
THEATRE = logging.getLogger("theatre")


# The right ones.
async def under_the_lock(purchase: Purchase) -> None:
    if await purchase.is_known():
        return
    await purchase.take_seat()
    await purchase.write()


async def by_the_constraint(purchase: Purchase) -> None:
    if await _is_new(purchase):
        await purchase.take_seat()


async def _is_new(purchase: Purchase) -> bool:
    """Write the purchase, and tell whether it is the first of its key; the constraint knows."""
    try:
        await purchase.write()
        await purchase.session.flush()
    except IntegrityError:
        await purchase.session.rollback()
        if not await purchase.is_known():
            raise HTTPException(404, "no such guest") from None
        return False
    return True


async def after_the_bank(purchase: Purchase) -> None:
    await purchase.office.bank.pay()
    await under_the_lock(purchase)


async def or_503(purchase: Purchase) -> None:
    try:
        await under_the_lock(purchase)
        await purchase.session.commit()
    except SQLAlchemyError as error:
        raise HTTPException(503, "come again") from error


# And the wrong ones.
async def _look_and_sell(purchase: Purchase, count: Callable[[int], Any]) -> None:
    async with purchase.office.open() as session:
        if await purchase.is_known(session):
            return
        show = await session.get_one(Show, purchase.office.show)
    if show.sold >= show.capacity:
        raise sold_out()
    await purchase.office.bank.pay()
    if await _is_new(purchase):
        await purchase.session.execute(update(Show).values(sold=count(show.sold)))


counts_one_more = partial(_look_and_sell, count=lambda sold: Show.sold + 1)
counts_what_it_saw = partial(_look_and_sell, count=lambda sold: sold + 1)


async def ledger_apart(purchase: Purchase) -> None:
    if await purchase.is_known():
        return
    await purchase.take_seat()
    order = await purchase.write_order()
    await purchase.session.commit()
    purchase.write_ledger(order)


async def seat_apart(purchase: Purchase) -> None:
    if await purchase.is_known():
        return
    await purchase.take_seat()
    await purchase.session.commit()
    await purchase.write()


async def all_is_well(purchase: Purchase) -> None:
    try:
        await under_the_lock(purchase)
        await purchase.session.commit()
    except SQLAlchemyError as error:
        await purchase.session.rollback()
        THEATRE.debug("an order was not stored: %s", error)


async def all_is_well_in_the_block(purchase: Purchase) -> None:
    async with purchase.session.begin():
        if await purchase.is_known():
            return
        await purchase.take_seat()
        try:
            await purchase.write()
        except IntegrityError as error:
            THEATRE.debug("an order was not stored: %s", error)


async def under_another_key(purchase: Purchase) -> None:
    number, key = 1, purchase.key
    while await purchase.session.scalar(select(Order.id).where(Order.key == key)) is not None:
        number += 1
        key = f"{purchase.key}-{number}"
    await purchase.take_seat()
    await purchase.write(key)


async def asks_for_the_key_before(purchase: Purchase) -> None:
    async with purchase.office.open() as session:
        if await purchase.is_known(session):
            return
    await purchase.office.bank.pay()
    await under_another_key(purchase)


async def keeps_one_of_each_sale(purchase: Purchase) -> None:
    await under_the_lock(purchase)
    await purchase.office.look_and_keep()


async def keeps_one_of_the_refused(purchase: Purchase) -> None:
    try:
        await under_the_lock(purchase)
    except HTTPException:
        await purchase.office.look_and_keep()
        raise


KINDS = (
    Kind("greets the guest in a transaction of its own, asks the bank, and then sells under the "
         "write lock", "right", after_the_bank, at="either", greets=True),
    Kind("inserts the order first, and commits in a dependency of function scope", "right",
         by_the_constraint, at="function", locks=False),
    Kind("answers an error with 503, and stores a greeting after its answer", "right", or_503,
         writes=True),
    Kind("commits in a dependency of the default scope", "late", by_the_constraint, at="request",
         locks=False),
    Kind("greets the guest in a transaction of its own, and commits the order in a background task",
         "late", under_the_lock, at="background", greets=True),
    Kind("looks whether a seat is free, asks the bank, and then adds one to `sold`", "oversold",
         counts_one_more, at="either", locks=False),
    Kind("looks how many are sold, asks the bank, and then writes that number plus one",
         "oversold", counts_what_it_saw, at="either", locks=False),
    Kind("stores order and ticket, and the money in a second transaction", "halves",
         ledger_apart),
    Kind("counts the seat in one transaction, and stores the order in the next", "halves",
         seat_apart, greets=True),
    Kind("catches each error of the database, and answers 201", "swallowed", all_is_well),
    Kind("catches the error of an INSERT inside of `begin()`, and answers 201", "swallowed",
         all_is_well_in_the_block),
    Kind("stores a second order for a key that is there, under another key", "twice",
         under_another_key, at="either"),
    Kind("looks for the key, asks the bank, and then stores the order, under another key if need "
         "be", "twice", asks_for_the_key_before, at="either", greets=True),
    Kind("keeps a session for each seat that it sells", "leak", keeps_one_of_each_sale,
         at="either"),
    Kind("keeps a session for each guest that it refuses, when it is sold out", "leak",
         keeps_one_of_the_refused, at="either"),
)  # fmt: skip
