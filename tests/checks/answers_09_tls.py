"""Answers to the exercises of lesson 09: mistakes, what is no answer yet, right ones."""

import functools
import os
import ssl
import tempfile

import trustme
from cryptography import x509

# 09.1

NO_CHECK_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME


def trusts(pem):
    return ssl.create_default_context(cadata=pem)


def then(change):
    """Make a client_context that does this with a right context."""

    def client_context(pem):
        context = trusts(pem)
        change(context)
        return context

    return client_context


def checks_nothing(context):
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE


def checks_no_name(context):
    context.check_hostname = False


def checks_no_name_and_perhaps(context):
    context.check_hostname = False
    context.verify_mode = ssl.CERT_OPTIONAL


def checks_no_date(context):
    context.verify_flags |= NO_CHECK_TIME


def for_a_server(pem):
    return ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=pem)


def of_another_authority(pem):
    context = ssl.create_default_context()
    OTHER.configure_trust(context)
    return context


OTHER = trustme.CA()


async def asynchronous(pem):
    return trusts(pem)


def loads(pem):
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=pem)
    return context


def by_protocol(pem):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(pem))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def from_a_file(pem):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ca.pem")
        with open(path, "w") as file:
            file.write(pem)
        return ssl.create_default_context(cafile=path)


class Context(ssl.SSLContext):
    def __new__(cls, pem):
        context = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=pem)
        return context


# 09.2


def certificate_of(client):
    return client.transport.get_extra_info("ssl_object").getpeercert()


def pairs(client):
    return certificate_of(client)["subjectAltName"]


def picks(pick):
    """Make a names(client) that picks from the pairs of kind and name."""
    return lambda client: pick(pairs(client))


def common_name(client):
    subject = dict(pair for [pair] in certificate_of(client)["subject"])
    return [subject["commonName"]]


def with_common_name(client):
    return common_name(client) + [name for _, name in pairs(client)]


async def awaits(client):
    return [name for _, name in pairs(client)]


def of_the_issuer(client):
    return [value for [(_, value)] in certificate_of(client)["issuer"]]


def by_cryptography(client):
    data = client.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
    extensions = x509.load_der_x509_certificate(data).extensions
    return {
        str(each.value)
        for each in extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    }


class Names:
    def __call__(self, client):
        certificate = client.transport.get_extra_info("peercert")
        return sorted(name for _, name in certificate["subjectAltName"])


MISTAKES = [
    ("09.1", then(checks_nothing), "a stranger has signed"),
    ("09.1", lambda pem: ssl._create_unverified_context(cadata=pem), "a stranger has signed"),
    ("09.1", then(checks_no_name), "leave check_hostname on"),
    ("09.1", then(checks_no_name_and_perhaps), "leave check_hostname on"),
    ("09.1", then(checks_no_date), "has expired"),
    ("09.1", for_a_server, "a context for a server"),
    ("09.1", lambda pem: ssl.create_default_context(cafile=pem), "raised an exception"),
    ("09.1", lambda pem: ssl.create_default_context(cadata=pem.encode()), "raised an exception"),
    ("09.1", asynchronous, "`async def`"),
    ("09.2", lambda client: [client.remote_address[0]], "has connected to"),
    ("09.2", common_name, "only a label"),
    ("09.2", with_common_name, "only a label"),
    ("09.2", picks(lambda pairs: [name for kind, name in pairs if kind == "DNS"]), "is missing"),
    ("09.2", picks(lambda pairs: [pairs[0][1]]), "is missing"),
    ("09.2", picks(lambda pairs: list(dict(pairs).values())), "is missing"),
    ("09.2", picks(lambda pairs: [name for _, name in pairs[:3]]), "is missing"),
    ("09.2", awaits, "`async def`"),
    ("09.2", lambda client: client.getpeercert()["subjectAltName"], "raised an exception"),
]
HINTS = [
    ("09.1", lambda pem: ssl.create_default_context(), "load the authority"),
    ("09.1", lambda pem: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "load the authority"),
    ("09.1", of_another_authority, "load the authority"),
    ("09.1", lambda pem: pem, "return an ssl.SSLContext"),
    ("09.2", pairs, "without their kind"),
    ("09.2", picks(lambda pairs: [f"{kind}:{name}" for kind, name in pairs]), "not the names"),
    ("09.2", picks(lambda pairs: ", ".join(name for _, name in pairs)), "return a list"),
    ("09.2", picks(lambda pairs: pairs[0][1]), "return a list"),
    ("09.2", of_the_issuer, "not the names"),
    (
        "09.2",
        lambda client: ["chat.example", "www.chat.example", "127.0.0.1", "192.0.2.7"],
        "not the names",
    ),
]
RIGHT = [
    ("09.1", loads),
    ("09.1", by_protocol),
    ("09.1", from_a_file),
    ("09.1", Context),
    ("09.1", lambda pem: functools.partial(ssl.create_default_context, cadata=pem)()),
    ("09.2", by_cryptography),
    ("09.2", Names()),
    ("09.2", picks(lambda pairs: tuple(name for _, name in reversed(pairs)))),
    ("09.2", picks(lambda pairs: (name for _, name in pairs))),
    ("09.2", picks(lambda pairs: dict.fromkeys(name for _, name in pairs))),
]
