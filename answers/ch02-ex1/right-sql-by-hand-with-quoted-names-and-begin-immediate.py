# SQL by hand, with quoted names, and BEGIN IMMEDIATE
# on PostgreSQL: syntax error at or near "IMMEDIATE"


def sell(Session, show_id, guest_id, seat_ids):
    with Session() as session:
        run = session.connection().exec_driver_sql
        run("BEGIN IMMEDIATE")
        total = 0
        for seat_id in seat_ids:
            sql = 'SELECT "price_cents" FROM "seats" WHERE "id" = ? AND "show_id" = ?'
            total += run(sql, (seat_id, show_id)).scalar_one()
        sql = (
            'insert into "orders" ("show_id", "guest_id", "total_cents", "created") '
            "values (?, ?, ?, '2027-03-01 10:00:00') returning id"
        )
        order_id = run(sql, (show_id, guest_id, total)).scalar_one()
        for seat_id in seat_ids:
            run('insert into "tickets" ("order_id", "seat_id") values (?, ?)', (order_id, seat_id))
        run('insert into "ledger" ("order_id", "amount_cents") values (?, ?)', (order_id, total))
        if not seat_ids:
            raise ValueError("no seats")
        sold = run("select sold from shows where id = ?", (show_id,)).scalar_one()
        run("update shows set sold = ? where id = ?", (sold + len(seat_ids), show_id))
        session.commit()
    return order_id
