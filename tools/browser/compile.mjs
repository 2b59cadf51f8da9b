// node compile.mjs PYODIDE SOURCE TARGET: byte code for every .py below SOURCE, made by the very
// Python that will run it, and a copy of every other file.

import path from "node:path";

const [pyodide, source, target] = process.argv.slice(2).map((each) => path.resolve(each));
const { loadPyodide } = await import(path.join(pyodide, "pyodide.mjs"));
const python = await loadPyodide({ indexURL: pyodide });
python.mountNodeFS("/source", source);
python.mountNodeFS("/target", target);
python.runPython(`
import pathlib, py_compile, shutil

# anyio reads its own source when it is imported.
AS_SOURCE = {pathlib.Path("/source/anyio/__init__.py")}

for file in sorted(pathlib.Path("/source").rglob("*")):
    copy = pathlib.Path("/target") / file.relative_to("/source")
    if file.is_dir():
        copy.mkdir(parents=True, exist_ok=True)
    elif file.suffix == ".py" and file not in AS_SOURCE:
        py_compile.compile(
            str(file),
            cfile=str(copy.with_suffix(".pyc")),
            dfile=str(file.relative_to("/source")),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    else:
        shutil.copyfile(file, copy)
`);
process.exit(0); // Pyodide keeps node alive
