# Define it with plain `def`
# breaks: whole, commit, refused, asked, race, clerks, returned


async def sell(Session, show_id, guest_id, seat_ids):
    return 1
