"""Client for paperkin, semantic search over scientific papers.

Start the service with `paperkin serve`, or with `paperkin.serve` from Python, and search it:

    from paperkin import Client

    client = Client()
    for hit in client.search("how do networks learn to translate?", k=5):
        print(hit["score"], hit["title"])

The module needs nothing beside the standard library. Results are dicts, so that `pandas.DataFrame(hits)`
makes a table of them. `python -m paperkin` runs the installed program.
"""

from importlib.metadata import PackageNotFoundError, version

from paperkin.client import Additions, Client, Hits
from paperkin.errors import PaperkinError
from paperkin.service import find_program, serve

try:
    __version__ = version("paperkin")
except PackageNotFoundError:  # imported from a checkout that is not installed
    __version__ = "0+checkout"

__all__ = ["Additions", "Client", "Hits", "PaperkinError", "find_program", "serve"]
