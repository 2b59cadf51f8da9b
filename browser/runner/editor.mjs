// The editor of a cell: CodeMirror with Python. Bundled by the build, fetched at the first edit.

import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { syntaxHighlighting } from "@codemirror/language";
import { Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { minimalSetup } from "codemirror";

// Put an editor into an element. Ctrl-Enter runs; Shift-Enter runs and goes on; Escape, then Tab, leaves
// it by keyboard.
export function edit(parent, source, { label, run, goOn, changed }) {
  const keys = [
    ...["Ctrl-Enter", "Mod-Enter"].map((key) => ({ key, run: () => (run(), true) })),
    { key: "Shift-Enter", run: () => (goOn(), true) },
    indentWithTab,
  ];
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
  return {
    // Show another text.
    write(text) {
      const { doc } = view.state;
      if (text !== doc.toString()) view.dispatch({ changes: { from: 0, to: doc.length, insert: text } });
    },
    // Take the keyboard; with a place of the element, put the cursor there.
    focus(place) {
      view.focus();
      if (!place) return;
      const { left, top } = parent.getBoundingClientRect();
      const anchor = view.posAtCoords({ x: left + place.x, y: top + place.y }, false);
      view.dispatch({ selection: { anchor } });
    },
  };
}
