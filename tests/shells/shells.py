"""Types at real shells what people type, presses the tabulator, and reads the line that is there then; renders the manual."""

import os
import pty
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

# What is typed, and what stands there after the tabulator.
LINES = [
    ("palisade impor", "palisade import"),
    ("palisade guardr", "palisade guardrails"),
    ("palisade plan --detailed", "palisade plan --detailed-exitcode"),
    ("palisade --mode obs", "palisade --mode observe"),
    ("palisade validate -o sar", "palisade validate -o sarif"),
    ("palisade import --from terr", "palisade import --from terraform"),
    ("palisade completions fi", "palisade completions fish"),
    ("palisade plan desired-st", "palisade plan desired-state/"),
]
# The line goes through a pipe, so that nobody waits longer than the shell needs.
BASH = """\
PS1=
source '{script}'
show() {{ printf '%s\\n' "$READLINE_LINE" > '{pipe}'; READLINE_LINE=; READLINE_POINT=0; }}
bind -x '"\\C-t": show'
printf 'ready\\n' > '{pipe}'
"""
ZSH = """\
PS1=
fpath=('{folder}' $fpath)
autoload -Uz compinit
compinit -u -D
show() {{ print -r -- "$BUFFER" > '{pipe}'; BUFFER=; }}
zle -N show
bindkey '^T' show
print ready > '{pipe}'
"""
PATIENCE = 60  # seconds, for a shell that never answers

passed = failed = 0


def check(name, problem):
    global passed, failed
    if problem:
        failed += 1
        print(f"FAILED  {name}: {problem}")
    else:
        passed += 1
        print(f"ok      {name}")


def typed(command, setup, pipe, place):
    """The lines after the tabulator, as a shell at a terminal has them."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(place)
        os.environ.update(TERM="xterm", HOME=str(place), ZDOTDIR=str(place), INPUTRC="/dev/null", PS1="")
        os.execvp(command[0], command)

    def drain():
        try:
            while os.read(terminal, 4096):
                pass
        except OSError:
            pass  # the shell has ended

    threading.Thread(target=drain, daemon=True).start()
    stop = threading.Timer(PATIENCE, os.kill, (child, 9))
    stop.start()
    try:
        os.write(terminal, f" source '{setup}'\n".encode())
        pipe.read_text()
        for text, _ in LINES:
            os.write(terminal, text.encode() + b"\t\x14")
            yield pipe.read_text().rstrip("\n").rstrip(" ")
    finally:
        stop.cancel()
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)


def in_terminal(shell, command, setup, script, palisade):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "desired-state").mkdir()
        file, pipe = folder / script, folder / "pipe"
        os.mkfifo(pipe)
        file.write_bytes(subprocess.check_output([palisade, "completions", shell]))
        start = folder / "setup"
        start.write_text(setup.format(script=file, folder=folder, pipe=pipe))
        for (text, wanted), line in zip(LINES, typed(command, start, pipe, folder)):
            check(f"{shell}: {text}⇥", "" if line == wanted else f"{line!r}")


def in_fish(palisade):
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        script = Path(home) / "palisade.fish"
        (Path(folder) / "desired-state").mkdir()
        script.write_bytes(subprocess.check_output([palisade, "completions", "fish"]))
        for text, wanted in LINES:
            ask = f"source '{script}'; complete --do-complete '{text}'"
            env = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home)
            said = subprocess.run(["fish", "--no-config", "-c", ask], cwd=folder, env=env, capture_output=True, text=True)
            words = [line.split("\t")[0] for line in said.stdout.splitlines()]
            right = words == [wanted.split(" ")[-1]] and not said.stderr
            check(f"fish: {text}⇥", "" if right else f"{words} {said.stderr}")


def manual(palisade):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([palisade, "man", "--out", folder], check=True, capture_output=True)
        pages = sorted(Path(folder).iterdir())
        check("the manual has a page for every command", "" if len(pages) > 20 else f"{len(pages)}")
        for name, command in (
            ("groff", ["groff", "-man", "-Tutf8", "-K", "utf8", "-ww", "-z"]),
            ("mandoc", ["mandoc", "-T", "lint", "-W", "error"]),
        ):
            wrong = []
            for page in pages:
                said = subprocess.run([*command, str(page)], capture_output=True, text=True)
                if said.returncode or said.stderr or said.stdout:
                    wrong.append(f"{page.name}: {(said.stderr + said.stdout).splitlines()[:2]}")
            check(f"{len(pages)} pages in {name}", "; ".join(wrong[:5]))
        shown = subprocess.run(["mandoc", "-T", "utf8", str(pages[0])], capture_output=True, text=True).stdout
        for heading in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
            bold = "".join(f"{c}\b{c}" if c != " " else c for c in heading)
            check(f"the manual has {heading}", "" if bold in shown or heading in shown else "it has not")


def main(palisade):
    in_terminal("bash", ["bash", "--norc", "--noprofile", "-i"], BASH, "palisade.bash", palisade)
    in_terminal("zsh", ["zsh", "-f", "-i"], ZSH, "_palisade", palisade)
    in_fish(palisade)
    manual(palisade)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
