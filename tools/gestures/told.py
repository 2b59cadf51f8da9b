"""What Python says that it did: each cell tells a channel of which the page knows nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

# Gives each Python of each tab a name, and writes down what they tell, as it comes.
LISTEN = """(() => {
    const tab = `${performance.timeOrigin}`.slice(-9);
    window.lives = 0; // Pythons that were begun
    window.told = [];
    const Plain = window.Worker;
    window.Worker = class extends Plain {
        constructor(address, options) {
            window.lives += 1;
            super(address, { ...options, name: `${tab}/${window.lives}` });
        }
    };
    new BroadcastChannel("told").onmessage = ({ data }) => {
        const [life, ...rest] = data;
        if (life.startsWith(`${tab}/`)) window.told.push([Number(life.split("/")[1]), ...rest]);
    };
})();"""
# A cell begins with its version and a knob; each run has a mark of its own, and says both.
BEGINNING = """\
v = {version}
turned = 3  # knob: 1 to 9
import asyncio, time, uuid, js
from pyodide.code import run_js
from pyodide.ffi import to_js
def _speaker(cell, version, run=uuid.uuid4().hex[:8], channel=js.BroadcastChannel.new("told")):
    def tell(what, text=""):
        channel.postMessage(to_js([run_js("name"), what, cell, version, run, text]))
    def say(text):
        tell("said", str(text))
        print(f"#{{cell}} {{version}} {{run}} {{text}}")
    tell("begun")
    return tell, say
tell, say = _speaker({cell}, f"{{v}}.{{turned}}")
"""
END = '\ntell("ended")'
# What the rest of a cell may be.
KINDS = {
    "prints": 'say("one")\nsay("two")',
    "much": "for number in range(300):\n    say(number)",
    "waits": "for number in range(6):\n    await asyncio.sleep(0.1)\n    say(number)",
    "computes": """\
for number in range(4):
    until = time.perf_counter() + 0.1
    while time.perf_counter() < until:
        pass
    say(number)""",
    "leaves a task": """\
async def speak(say=say):
    for number in range(4):
        await asyncio.sleep(0.15)
        say(f"task {number}")
task = asyncio.create_task(speak())
say("left")""",
    "in a thread": 'say("before")\nawait asyncio.to_thread(say, "from a thread")\nsay("after")',
    "fails": 'say("before")\ntell("fails")\n1 / 0',
    "for ever": "while True:\n    say(time.perf_counter())\n    await asyncio.sleep(0.1)",
    "still": 'say("still")\nawait asyncio.Event().wait()',
    "stuck": 'say("stuck")\nwhile True:\n    pass',
}


def code(kind: str, cell: int, version: int) -> str:
    """Return one of the KINDS as the code of a cell."""
    return BEGINNING.format(cell=cell, version=version) + KINDS[kind] + END


def any_kind(random: Random) -> str:
    """Draw a kind: most end by themselves, some fail, some have to be stopped."""
    weights = [1 if kind in ("for ever", "still", "stuck", "fails") else 3 for kind in KINDS]
    (kind,) = random.choices(list(KINDS), weights)
    return kind


@dataclass
class Told:
    """What one run has told: which code it was, what it said, and how it went on."""

    life: int
    cell: int
    version: str  # with how far its knob was turned, as in 12.3
    said: list[str] = field(default_factory=list)
    ended: bool = False
    failed: bool = False


def runs_of(messages: Iterable[list]) -> dict[str, Told]:
    """Return the runs that told of themselves by their marks, in the order in which they began."""
    runs: dict[str, Told] = {}
    for life, what, cell, version, mark, text in messages:
        if what == "begun":
            runs[mark] = Told(life, cell, version)
        elif what == "said":
            runs[mark].said.append(text)
        elif what == "ended":
            runs[mark].ended = True
        else:
            runs[mark].failed = True
    return runs


def lines_of(shown: str) -> Iterator[tuple[str, str]]:
    """Yield the mark of the run and the text of each line that was said, from what a cell shows."""
    for line in shown.splitlines():
        if line.startswith("#"):
            _, _, mark, text = line.split(" ", 3)
            yield mark, text
