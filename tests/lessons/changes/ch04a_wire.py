"""What a reader changes in this lesson, and what must come of it."""

from tests.lessons.reader import Change

ADDED = "total_cents=2500))\n"

CHANGES = {
    "ch04a-19": Change(
        edits={
            "ch04a-15": {
                '@app.get("/noted")': '@app.get("/noted-early")',
                "Depends(noted)": 'Depends(noted, scope="function")',
            },
            "ch04a-18": {'"/noted"': '"/noted-early"'},
        },
        expects={
            '"After the yield" now stands before "wire: status 200"':
                "'endpoint', 'after the yield', 'wire: status 200', 'wire: last byte']",
        },
    ),
    "ch04a-28": Change(
        edits={"ch04a-23": {ADDED: f"{ADDED}        await session.flush()\n"}},
        from_the_top=True,
        expects={
            "The INSERT moves into the endpoint, and the connection is taken there": (
                "endpoint sell begins. 5. connection 1 is taken. "
                "6. connection 1 sends INSERT. 7. endpoint sell ends."
            ),
            "With request scope it is then held while the answer is sent and the mail is written": (
                "7. endpoint sell ends. 8. wire status 201. 9. wire last byte. "
                "10. background send_mail begins. 11. background send_mail ends. "
                "12. dependency write_session goes on after its yield. "
                "13. connection 1 sends COMMIT. 14. connection 1 is back in the pool."
            ),
            "with function scope it is not": (
                "9. connection 1 sends COMMIT. 10. connection 1 is back in the pool. "
                "11. dependency write_session ends. 12. wire status 201. 13. wire last byte. "
                "14. background send_mail begins."
            ),
        },
    ),
}  # fmt: skip
