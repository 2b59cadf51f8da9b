# for a second one, if a request takes two
# breaks: served
# the rest is the course's own


def make_app(engine: Engine) -> FastAPI:
    app = FastAPI()
    NewSession = sessionmaker(engine)

    def is_there(show_id: int) -> bool:
        with NewSession() as session:
            return session.scalar(select(Show.id).where(Show.id == show_id)) is not None

    @app.get("/shows/{show_id}", response_model=ShowOut)
    def read_show(show_id: int) -> Show:
        with NewSession() as session:
            show = session.get(Show, show_id)
            if not is_there(show_id):
                raise HTTPException(404)
        return show

    return app
