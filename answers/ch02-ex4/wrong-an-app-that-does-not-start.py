# KeyError: 'settings'
# breaks: served, printers, contract, free, returned

from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def broken(app):
    raise KeyError("settings")
    yield


def make_app(engine):
    return FastAPI(lifespan=broken)
