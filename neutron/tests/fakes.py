"""Rows, configuration and a bordergw on 127.0.0.1 for the tests."""
from http import server as http_server
import json
import threading
import types

from bordergw_neutron import client as bgw_client
from bordergw_neutron import credentials


def interface(name, vlan=0):
    return types.SimpleNamespace(interface_name=name, segmentation_id=vlan)


def device(name, *interfaces, id='row'):
    return types.SimpleNamespace(device_name=name, id=id, interfaces=list(interfaces))


def conf(**changes):
    values = dict(url='http://127.0.0.1:9', token=None, token_file=None, cafile=None, connect_timeout=0.5,
                  read_timeout=0.3, retries=2, managed_by='neutron', site='', resync_interval=300, feed_ports=True,
                  fdb_to_agents=True, allow_mass_deletion=False, auth_type=None, auth_section=None)
    return types.SimpleNamespace(**dict(values, **changes))


def client(**changes):
    settings = conf(**changes)
    return bgw_client.Client(settings, credentials.Configured(settings))


class Server:
    """Answers each request with the next of the given answers, and the last one for ever.

    An answer is (status, body) or (status, body, headers), or a function of the request that returns one. A body is
    JSON, or bytes as they are.
    """

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []
        handler = type('Handler', (_Handler,), {'server_of': self})
        self.http = _HTTPServer(('127.0.0.1', 0), handler)
        self.url = 'http://127.0.0.1:%d' % self.http.server_port
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer

    def seen(self):
        """Method and path of all requests."""
        return ['%s %s' % (r.method, r.path) for r in self.requests]

    def close(self):
        self.http.shutdown()
        self.http.server_close()


class _HTTPServer(http_server.ThreadingHTTPServer):

    def handle_error(self, request, client_address):
        """A client that gave up waiting is part of the tests."""


class _Handler(http_server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def _serve(self):
        length = int(self.headers.get('Content-Length') or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        status, body, *headers = self.server_of.answer(types.SimpleNamespace(
            method=self.command, path=self.path, headers=self.headers, body=body))
        raw = body if isinstance(body, bytes) else b'' if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers[0] if headers else {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header('Content-Length', str(len(raw)))
        self.end_headers()
        if status != 204:
            self.wfile.write(raw)

    do_GET = do_POST = do_PUT = do_DELETE = _serve


def fault(status, kind, text):
    return status, {'NeutronError': {'type': kind, 'message': text, 'detail': ''}}
