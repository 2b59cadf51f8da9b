"""Whatever a reader does, what stands on the page is what Python did; tools.gestures plays on."""

from playwright.sync_api import BrowserContext

from tools.gestures.player import EARLIER, LESSON, Player, compared

GESTURES = 25
TAMPERED = {
    "a line is lost": (
        "cells[0].querySelector('.live-output').innerText = "
        "cells[0].querySelector('.live-output').innerText.split('\\n')[0]",
        "cell 1 shows [] after 1 lines, and Python said ['two']",
    ),
    "a line of another cell": (
        "cells[0].querySelector('.live-output').append("
        "...cells[1].querySelector('.live-output').cloneNode(true).children)",
        "and its last run is",
    ),
    "nothing is shown": (
        "cells[0].querySelector('.live-output').remove()",
        "cell 1 says 'done' of [Told(",
    ),
    "it is called old": (
        f"cells[0].querySelector('.live-output').prepend('{EARLIER}\\n')",
        "cell 1 has version 5.3, shows 5.3",
    ),
    "another end": (
        "cells[0].querySelector('.live-state').textContent = 'stopped'",
        "cell 1 says 'stopped'",
    ),
    "a button too many": (
        "[...cells[0].querySelectorAll('button')].find((one) => one.textContent === 'Stop')"
        ".hidden = false",
        "can be stopped, and nothing goes on",
    ),
    "an error": ("setTimeout(() => { throw new Error('of the page') })", "of the page"),
}


def test_after_random_gestures_in_two_tabs_the_page_shows_what_python_did(
    context: BrowserContext, public: str
) -> None:
    player = Player(context, f"{public}/{LESSON}", seed=1)
    faults = list(player.play(GESTURES))
    assert not faults, player.done


def test_what_stands_there_wrongly_is_told(context: BrowserContext, public: str) -> None:
    player = Player(context, f"{public}/{LESSON}", seed=1)
    tab = player.tabs[0]
    for what, (script, told) in TAMPERED.items():
        player.versions = 4
        for number in (1, 2):
            player.write(tab, number, "prints")
        tab.press(2, "Run")
        assert list(player.at_rest()) == []
        cells = "const cells = document.querySelectorAll('article div.cell');"
        tab.page.evaluate(f"() => {{ {cells} {script} }}")
        tab.page.wait_for_timeout(50)
        assert any(told in fault for fault in compared(tab)), what
        tab.page.reload()
        tab.open()
