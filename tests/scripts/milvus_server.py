"""Runs Milvus Lite on a free port of this machine until standard input ends. Prints the port. The data is deleted at the end.

With a folder as argument, the server uses TLS and demands the token `secret`, of which Milvus Lite itself knows nothing. Its
certificate authority is `ca.pem` in this folder.
"""

import base64
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
from milvus_lite.adapter.grpc import server as lite

TOKEN = base64.b64encode(b"secret").decode()


class Token(grpc.ServerInterceptor):
    """Refuses calls without the token."""

    def __init__(self):
        def refuse(_request, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check the token")

        self.refused = grpc.unary_unary_rpc_method_handler(refuse)

    def intercept_service(self, continuation, details):
        given = dict(details.invocation_metadata).get("authorization")
        return continuation(details) if given == TOKEN else self.refused


def certificates(folder):
    """Makes an authority and a certificate of `localhost`. Returns its key and the certificate."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority")
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    openssl("req", *new, "-keyout", "key.pem", "-out", "request.pem", *name)
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy"]
    openssl("x509", "-req", "-in", "request.pem", *signed, "-out", "certificate.pem")
    return [(folder / file).read_bytes() for file in ("key.pem", "certificate.pem")]


def secure(folder):
    """Gives the servers that are made from now on a port with TLS. Returns the list to which its number is added."""
    credentials = grpc.ssl_server_credentials([certificates(folder)])
    make, ports = grpc.server, []

    def made(*arguments, **options):
        server = make(*arguments, interceptors=[Token()], **options)
        ports.append(server.add_secure_port("localhost:0", credentials))
        return server

    lite.grpc.server = made
    return ports


logging.disable(logging.CRITICAL)

ports = secure(Path(sys.argv[1])) if len(sys.argv) > 1 else []
with tempfile.TemporaryDirectory() as data:
    server, database, port = lite.start_server_in_thread(data)
    print(ports[0] if ports else port, flush=True)
    sys.stdin.read()
    server.stop(grace=None)
    database.close()
# Its threads do not end by themselves.
os._exit(0)
