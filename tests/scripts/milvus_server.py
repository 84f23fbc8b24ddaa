"""Runs Milvus Lite on a free port of this machine until standard input ends. Prints the port. The data is deleted at the end."""

import logging
import os
import sys
import tempfile

from milvus_lite.adapter.grpc.server import start_server_in_thread

logging.disable(logging.CRITICAL)

with tempfile.TemporaryDirectory() as folder:
    server, database, port = start_server_in_thread(folder)
    print(port, flush=True)
    sys.stdin.read()
    server.stop(grace=None)
    database.close()
# Its threads do not end by themselves.
os._exit(0)
