# SQL by hand, quoted names, and BEGIN IMMEDIATE
# on PostgreSQL: syntax error at or near "immediate"


from lantern.theatre import Guest


def import_guests(Session, rows):
    added = 0
    with Session() as session:
        run = session.connection().exec_driver_sql
        run("begin immediate")
        for email in rows:
            known = run('select 1 from "guests" where "email" = ?', (email,)).first()
            if known is None:
                run('insert into "guests" ("email") values (?)', (email,))
                added += 1
        session.commit()
    return added, len(rows) - added
