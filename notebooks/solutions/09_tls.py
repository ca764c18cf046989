"""One worked answer for each exercise of lesson 09."""

import ssl


def client_context(pem):
    """Trust one authority; all checks are on by default."""
    return ssl.create_default_context(cadata=pem)


def names(client):
    """Read the names out of the certificate that the server has sent."""
    certificate = client.transport.get_extra_info("ssl_object").getpeercert()
    return [name for _, name in certificate["subjectAltName"]]


answers = {"09.1": client_context, "09.2": names}
