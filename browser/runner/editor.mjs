// The editor of a cell: CodeMirror with Python. Bundled by the build, fetched at the first edit.

import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { syntaxHighlighting } from "@codemirror/language";
import { Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { minimalSetup } from "codemirror";

// Put an editor into an element. Shift-Enter runs; Escape, then Tab, leaves it by keyboard.
export function edit(parent, source, { label, focus, run, changed }) {
  const keys = [{ key: "Shift-Enter", run: () => (run(), true) }, indentWithTab];
  const view = new EditorView({
    parent,
    doc: source,
    extensions: [
      Prec.highest(keymap.of(keys)),
      minimalSetup,
      python(),
      syntaxHighlighting(classHighlighter),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of(({ docChanged, state }) => docChanged && changed(state.doc.toString())),
    ],
  });
  if (focus) view.focus();
  const all = () => ({ from: 0, to: view.state.doc.length });
  return { write: (text) => view.dispatch({ changes: { ...all(), insert: text } }) };
}
