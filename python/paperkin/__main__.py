"""Runs the installed program: `python -m paperkin search attention`."""

import os
import subprocess
import sys

from paperkin.service import find_program


def main() -> int:
    try:
        program = find_program()
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    arguments = [program, *sys.argv[1:]]
    if os.name == "nt":  # exec would return to the shell before the program ends
        return subprocess.call(arguments)
    os.execv(program, arguments)


if __name__ == "__main__":
    sys.exit(main())
