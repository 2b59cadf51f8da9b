"""Findings written down: a page with pictures that opens from disk, and SARIF."""

import json
from collections.abc import Iterator
from html import escape

from lantern.pictures.figure import DARK, LIGHT
from lantern.pictures.figure import STYLE as PICTURES
from lantern.plugin.findings import KINDS, Finding, Findings, Kind

STYLE = (
    f"{PICTURES}:root{{{LIGHT};--ground:#fff;color-scheme:light dark}}"
    f"@media (prefers-color-scheme:dark){{:root{{{DARK};--ground:#0d1117}}"
    f".lantern-picture{{{DARK}}}}}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
    "color:var(--ink);background:var(--ground);overflow-wrap:anywhere}"
    "article{border-top:1px solid var(--grid);margin:1.5em 0;padding-top:.5em}"
    "h3{margin:.3em 0;font-size:1em}.soft{color:var(--soft)}"
)


def page(findings: Findings) -> str:
    """Return a page of HTML that needs no other file."""
    parts = []
    for kind, mine in findings.by_kind():
        parts.append(f"<h2>{escape(kind.title)}</h2><p>{_help(kind)}</p>")
        parts += [_article(finding) for finding in mine]
    body = "".join(parts) or f"<p>{findings.nothing}</p>"
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Lantern</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
        f"</head><body><h1>What the tests did not ask about</h1>{body}</body></html>\n"
    )


def _help(kind: Kind) -> str:
    """Return what helps, with a link where the address is one from anywhere."""
    told, address = escape(kind.help), escape(kind.address)
    if "://" not in address:
        return told
    return told.replace(address, f'<a href="{address}">{address}</a>')


def _article(finding: Finding) -> str:
    times = f" Seen {finding.times} times." if finding.times > 1 else ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in finding.reading)
    where = " in ".join(filter(None, (finding.route, finding.test)))
    return (
        f"<article><h3><code>{escape(str(finding.place or 'no line of this project'))}</code></h3>"
        f"<p>{escape(_sentence(finding.message))}{times}</p><ul>{lines}</ul>"
        f'<p class="soft">{escape(where)}</p>{finding.picture}</article>'
    )


def sarif(findings: Findings) -> str:
    """Return the findings as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""
    rules = [
        {
            "id": kind.name,
            "shortDescription": {"text": kind.title},
            "help": {"text": kind.help},
            **({"helpUri": kind.address} if "://" in kind.address else {}),
        }
        for kind in KINDS.values()
    ]
    tool = {"driver": {"name": "lantern", "rules": rules}}
    results = [_result(finding) for finding in findings]
    run = {"tool": tool, "results": results}
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _result(finding: Finding) -> dict[str, object]:
    told = (_sentence(finding.message), *finding.reading, finding.route, finding.test)
    result: dict[str, object] = {
        "ruleId": finding.kind,
        "level": "warning",
        "message": {"text": "\n".join(filter(None, told))},
    }
    if finding.place:
        place = {
            "artifactLocation": {"uri": finding.place.file},
            "region": {"startLine": finding.place.line},
        }
        result["locations"] = [{"physicalLocation": place}]
    return result


def properties(findings: Findings) -> Iterator[tuple[str, str]]:
    """Yield the findings as properties of JUnit's XML: the kind, and all that is told."""
    for finding in findings:
        told = (finding.place, finding.message, *finding.reading, finding.route, finding.test)
        address = KINDS[finding.kind].address
        yield f"lantern.{finding.kind}", "; ".join(str(one) for one in (*told, address) if one)


def _sentence(message: str) -> str:
    return f"{message[0].upper()}{message[1:]}."
