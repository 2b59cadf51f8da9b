# instead of a FastAPI app
# breaks: served, printers, contract, free, returned

from fastapi import FastAPI


def make_app(engine):
    app = FastAPI()
