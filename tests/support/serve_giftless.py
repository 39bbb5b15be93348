"""Serves giftless on the socket that is its standard input: who connects before it runs waits."""
import socket
import waitress
from giftless.wsgi_entrypoint import app

waitress.serve(app, sockets=[socket.socket(fileno=0)], threads=8, max_request_body_size=1 << 33,
               trusted_proxy="127.0.0.1", trusted_proxy_headers={"x-forwarded-proto"})
