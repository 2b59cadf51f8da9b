# instead of a FastAPI app

from fastapi import FastAPI


def make_app(engine):
    app = FastAPI()
