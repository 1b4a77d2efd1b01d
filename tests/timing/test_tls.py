"""TLS: the slower path, with the same stamps; a certificate that is not trusted is a failure of the request."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from assay.timing.client.asked import How, Request, Target
from assay.timing.client.chunks import times
from assay.timing.client.offer import offer

EVENT = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
          + b"%x\r\n%b\r\n" % (len(EVENT), EVENT) * 3 + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def url(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(sock):
        try:
            with context.wrap_socket(sock, server_side=True) as stream, stream.makefile("rb") as file:
                while file.readline():
                    while line := file.readline().strip():
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    file.read(length)
                    stream.sendall(ANSWER)
        except OSError:
            sock.close()

    def accept():
        while True:
            try:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}/v1/chat/completions"
    listener.close()


BODY = json.dumps({"model": "m", "stream": True}).encode()


def test_stamps_over_tls(url, certificate):
    target = Target(url=url, ca_file=str(certificate / "cert.pem"))
    offered, conditions = offer(target, [Request(body=BODY)] * 6, How(concurrency=2, connections=2))
    assert [(o.status, o.error) for o in offered] == [("ok", "")] * 6
    assert all(times(o).tokens == 3 and times(o).ttft_ns > 0 for o in offered)
    assert conditions.tls_in_run == 0, "connected before the run"


def test_a_certificate_that_is_not_trusted(url):
    offered, _ = offer(Target(url=url), [Request(body=BODY)] * 2, How(concurrency=1, connections=1))
    assert [(o.status, o.error) for o in offered] == [("subject_failed", "connect")] * 2
    assert "certificate" in offered[0].detail.lower()
